import { ConnectError } from '@connectrpc/connect'
import type { Context } from 'hono'
import { Call, type Environment } from './call.ts'
import { Lifetime } from './lifetime.ts'
import { createTimeouts } from './timeouts.ts'

/** Handles a request whose context has a `call`. */
export type Handle = (c: Context<Environment>) => Response | Promise<Response>

/** Sets the `call` of a context, in an app without middleware that does so, and handles it. */
export type RunCall = (c: Context<Environment>, handle: Handle) => Promise<Response>

export interface OwnCallsOptions {
  readonly memoryWaitMs: number
  readonly onCallEnd?: ((call: Call) => void) | undefined
}

export function createOwnCalls({
  memoryWaitMs,
  onCallEnd = reportHidden,
}: OwnCallsOptions): RunCall {
  const timeouts = createTimeouts()
  return async (c, handle) => {
    const startMs = performance.now() - (c.env?.waitedMs ?? 0)
    const call = new Call(crypto.randomUUID(), startMs, new Lifetime(timeouts), onCallEnd)
    call.account = c.env?.exchange?.account
    call.memoryWaitMs = memoryWaitMs
    c.set('call', call)
    try {
      const response = await handle(c)
      call.status = response.status
      return response
    } finally {
      call.release()
    }
  }
}

/** Writes an error whose details the client did not see to standard error. */
function reportHidden({ method, requestId, error }: Call): void {
  if (error === undefined || error instanceof ConnectError) return
  // biome-ignore lint/suspicious/noConsole: an app that has no log of its own would lose the error.
  console.error(`${method}, request id ${requestId}:`, error)
}
