import type { ConnectError, Interceptor, StreamRequest } from '@connectrpc/connect'
import { unlessAborted } from './abort.ts'
import { callKey } from './call.ts'
import { toConnectError, toLoggedError } from './errors.ts'
import { correct } from './malformed.ts'
import type { Validate } from './validation.ts'

/**
 * Notes how the call ended, and turns what is no `ConnectError` into one. Goes around the other interceptors.
 */
export const recordOutcome: Interceptor = (next) => async (request) => {
  const call = request.contextValues.get(callKey)
  const fail = (thrown: unknown): ConnectError => {
    correct(thrown, request.method.input.typeName)
    const error = toConnectError(thrown, call?.requestId ?? 'unknown')
    if (call !== undefined) {
      call.code = error.code
      call.error = toLoggedError(error)
    }
    return error
  }
  try {
    const response = await next(request)
    if (!response.stream) return response
    return { ...response, message: mapError(response.message, fail) }
  } catch (error) {
    throw fail(error)
  }
}

/**
 * Ends a call when its signal is aborted (deadline passed, client gone, service shutting down), whether its handler
 * looks at the signal or not.
 */
export const obeySignal: Interceptor = (next) => async (request) => {
  const { signal } = request
  signal.throwIfAborted()
  const response = await unlessAborted(next(request), signal)
  if (!response.stream) return response
  return { ...response, message: untilAborted(response.message, signal) }
}

/**
 * Refuses a request that breaks the rules in its proto. The messages of a client stream are left to the handler, which
 * may go on without the broken ones.
 */
export function validateRequests(validate: Validate): Interceptor {
  return (next) => async (request) => {
    if (!request.stream) {
      const violation = validate(request.method.input, request.message)
      if (violation !== undefined) throw violation
      return await next(request)
    }
    if (request.method.methodKind !== 'server_streaming') return await next(request)
    return await next({ ...request, message: checked(request, validate) })
  }
}

async function* checked(request: StreamRequest, validate: Validate) {
  for await (const message of request.message) {
    const violation = validate(request.method.input, message)
    if (violation !== undefined) throw violation
    yield message
  }
}

async function* mapError<T>(
  source: AsyncIterable<T>,
  map: (error: unknown) => Error,
): AsyncGenerator<T> {
  try {
    yield* source
  } catch (error) {
    throw map(error)
  }
}

async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const result = await unlessAborted(iterator.next(), signal)
      if (result.done) return
      yield result.value
    }
  } finally {
    // Not awaited: a handler that is waiting for something would only return after it.
    void iterator.return?.()?.catch(() => {})
  }
}
