import type { Transport } from '@connectrpc/connect'
import type { Clock } from './clock.ts'
import { errorOf, failure } from './failure.ts'
import type { CallOptions, ClientOptions } from './options.ts'
import type { RpcError } from './result.ts'

/** The parts that the calls of one client share. */
export interface CallContext {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: () => number
  readonly options: ClientOptions
}

/** One attempt of a call. */
export interface Attempt {
  /** Aborts at the deadline, with the caller's signal, and when the attempt is closed. */
  readonly signal: AbortSignal
  /** Returns the headers of the request, with the token. Rejects when there is no token. */
  headers(): Promise<Headers>
  /** Settles like `promise`, and rejects earlier when the signal aborts. */
  race<Value>(promise: Promise<Value>): Promise<Value>
  /** Returns the error of an attempt that threw `reason`. */
  errorOf(reason: unknown): RpcError
  close(): void
}

/** @param timeoutMs 0 for no deadline. */
export function openAttempt(
  { clock, options: { token } }: CallContext,
  { signal: caller, headers }: CallOptions,
  timeoutMs: number,
): Attempt {
  const closing = new AbortController()
  const { signal } = closing
  const cancel = () => closing.abort(failure('canceled', 'the caller aborted the call'))
  const expire = () => closing.abort(failure('deadline_exceeded', 'the deadline has passed'))
  const clear = timeoutMs > 0 ? clock.after(timeoutMs, expire) : () => {}
  if (caller?.aborted) cancel()
  caller?.addEventListener('abort', cancel)
  return {
    signal,
    headers: () => headersOf(headers, token),
    race: (promise) => raceWith(signal, promise),
    errorOf: (reason) => errorOf(signal.aborted ? signal.reason : reason),
    close() {
      clear()
      caller?.removeEventListener('abort', cancel)
      closing.abort()
    },
  }
}

/** `Promise.race` would keep every message of a stream until the signal is collected. */
function raceWith<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

async function headersOf(
  given: HeadersInit | undefined,
  token: ClientOptions['token'],
): Promise<Headers> {
  const headers = new Headers(given)
  try {
    const bearer = await token?.()
    if (bearer) headers.set('authorization', `Bearer ${bearer}`)
  } catch (error) {
    throw failure('unauthenticated', `there is no token: ${error}`, error)
  }
  return headers
}
