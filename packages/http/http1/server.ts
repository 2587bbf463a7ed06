import { createEngine, type Engine } from '../engine.ts'
import { MemoryBudget } from '../memory/budget.ts'
import { Http1Connection } from './connection.ts'
import { Http1Context, type Http1ServerOptions } from './context.ts'

/** Creates an HTTP/1.1 server (RFC 9112). Draining closes connections after their responses. */
export function createHttp1Server(options: Http1ServerOptions): Engine {
  const context = new Http1Context(options)
  return createEngine(
    new MemoryBudget(),
    (arrival, onClosed) => new Http1Connection(context, arrival, onClosed),
    () => {
      context.isDraining = true
    },
  )
}
