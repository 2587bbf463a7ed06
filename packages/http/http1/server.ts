import { type Clock, systemClock } from '../clock.ts'
import { createEngine, type Engine } from '../engine.ts'
import type { Respond } from '../exchange.ts'
import { MemoryBudget } from '../memory/budget.ts'
import { Http1Connection } from './connection.ts'
import { Http1Context } from './context.ts'
import { type Http1Limits, http1Limits } from './limits.ts'

export interface Http1ServerOptions {
  readonly respond: Respond
  readonly limits?: Partial<Http1Limits>
  /** Default: the clock of the runtime. */
  readonly clock?: Clock
  /** Returns a number from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number
}

/** Creates an HTTP/1.1 server (RFC 9112). Draining closes connections after their responses. */
export function createHttp1Server(options: Http1ServerOptions): Engine {
  const { respond, clock = systemClock, random = Math.random } = options
  const limits = { ...http1Limits, ...options.limits }
  const context = new Http1Context({ respond, limits, clock, random })
  return createEngine(
    new MemoryBudget(),
    (arrival, onClosed) => new Http1Connection(context, arrival, onClosed),
    () => {
      context.isDraining = true
    },
  )
}
