import { setTimeout as wait } from 'node:timers/promises'
import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import type { Http2Context } from '@marquee/http/http2/core/context'
import type { Outcome } from './pool/balancer.ts'
import { type Connection, createConnection } from './pool/connection.ts'
import { type ConnectionPool, createConnectionPool, type Lease } from './pool/connection-pool.ts'
import { hasPushback } from './pushback.ts'
import { timeoutMsMax } from './request-headers.ts'
import type { Instance, Resolver } from './resolver.ts'
import { createRetryPolicy, type RetryPolicy } from './retry.ts'

/** Deadline of a unary call whose caller sets none, in milliseconds. */
export const unaryTimeoutMs = 2_000

/**
 * Silence of an instance, up to the deadline of a call, after which the call counts as failed, in
 * milliseconds.
 */
export const silenceMs = 500
/** Time that disposal waits for calls to end, in milliseconds. */
export const drainTimeoutMs = 5_000

/**
 * A Connect transport to the instances of one service. Disposal refuses new calls, and waits up to
 * `drainTimeoutMs` for those in flight.
 */
export interface ServiceTransport extends Transport, AsyncDisposable {}

export interface ServiceTransportOptions {
  /** Finds the instances of the service. */
  readonly resolver: Resolver
  /** Name of the service in the resolver: `metadata`. */
  readonly service: string
  /** Maximum number of retries of one call. Default: 2. */
  readonly retriesMax?: number
  /** Returns a number from 0 to below 1. Default: `Math.random`. */
  readonly random?: () => number
  /** Returns the time of a monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly clock?: () => number
  /**
   * Time that disposal waits for calls to end before it closes their connections, in milliseconds.
   * Default: 5,000.
   */
  readonly drainTimeoutMs?: number
}

/**
 * Creates a Connect transport that calls a service by gRPC over HTTP/2. It keeps connections to
 * every instance that the resolver finds, and balances the calls over them (`createBalancer`).
 *
 * - Deadlines: the caller's `timeoutMs`. Default: 2,000 for a unary call, none for a stream. A call
 *   with a `timeoutMs` of 0 or less fails with `DEADLINE_EXCEEDED` at once (Connect's own
 *   transports set no deadline then).
 * - Retries: a unary call that failed with `UNAVAILABLE` is retried where that is safe
 *   (`createRetryPolicy`), on another instance if there is one. With no instance known, a call
 *   fails with `UNAVAILABLE` at once.
 * - Errors: those of the service keep their code, message and details. A call whose connection is
 *   lost fails with `UNAVAILABLE`.
 * - Streams: a stream ends when its messages are read to the end, or its signal is aborted. Leaving
 *   a `for await` loop early does not end it, because Connect's clients do not pass `return` on.
 */
export async function createServiceTransport(
  options: ServiceTransportOptions,
): Promise<ServiceTransport> {
  const { service, random = Math.random, clock = () => performance.now() } = options
  const watch = await options.resolver.watch(service)
  const connect = (instance: Instance, context: Http2Context) =>
    createConnection(instance, { context })
  const pool = createConnectionPool({ drainTimeoutMs, ...options, watch, connect, random, clock })
  const repeat = createRepeat(pool, createRetryPolicy(random, options.retriesMax), clock)
  return {
    unary(method, signal, timeoutMs = unaryTimeoutMs, header, input, contextValues) {
      return repeat({ method, signal, timeoutMs }, (transport, remainingMs) =>
        transport.unary(method, signal, remainingMs, header, input, contextValues),
      )
    },
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const limitMs = timeoutMs === undefined ? undefined : checkedTimeout(timeoutMs)
      const lease = endOnAbort(pool.take(), signal)
      const call = lease.connection.transport.stream(
        method,
        signal,
        limitMs,
        header,
        input,
        contextValues,
      )
      const response = await settle(lease, call, clock)
      lease.responded()
      return { ...response, message: followMessages(response.message, lease) }
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

type CallLease = Lease<Connection>

interface UnaryCall {
  readonly method: DescMethod
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
}

/** Calls one instance after another until one responds, or the policy allows no further retry. */
function createRepeat(pool: ConnectionPool<Connection>, retries: RetryPolicy, clock: () => number) {
  return async <T>(
    { method, signal, timeoutMs }: UnaryCall,
    attempt: (transport: Transport, remainingMs: number) => Promise<T>,
  ): Promise<T> => {
    const endMs = clock() + timeoutMs
    const tried = new Set<Instance>()
    for (let retryCount = 0; ; retryCount++) {
      const limitMs = checkedTimeout(endMs - clock())
      const lease = pool.take(tried)
      tried.add(lease.instance)
      try {
        const response = await settle(lease, attempt(lease.connection.transport, limitMs), clock)
        lease.done('success')
        retries.succeeded(retryCount)
        return response
      } catch (error) {
        const remainingMs = endMs - clock()
        const hasOther = pool.hasOther(tried)
        const waitMs = retries.failed({ error, method, retryCount, remainingMs, hasOther })
        if (waitMs === undefined) throw error
        await pause(waitMs, signal)
      }
    }
  }
}

/** Rounds to whole milliseconds, as `grpc-timeout` requires. Throws when there is no time left. */
function checkedTimeout(timeoutMs: number): number {
  if (timeoutMs <= 0) throw new ConnectError('the deadline has passed', Code.DeadlineExceeded)
  return Math.min(Math.ceil(timeoutMs), timeoutMsMax)
}

/** Waits for the response. Ends the lease when the call fails. */
async function settle<T>(lease: CallLease, call: Promise<T>, clock: () => number): Promise<T> {
  const startMs = clock()
  try {
    return await call
  } catch (error) {
    const isSilent = clock() - startMs >= silenceMs
    lease.done(outcomeOf(error, isSilent))
    throw error
  }
}

function outcomeOf(thrown: unknown, isSilent: boolean): Outcome {
  const error = ConnectError.from(thrown)
  switch (error.code) {
    case Code.Unavailable:
      // Ejecting an overloaded instance would move its calls to the others, and overload them too.
      return hasPushback(error) ? 'unknown' : 'failure'
    case Code.DeadlineExceeded:
      return isSilent ? 'failure' : 'unknown'
    case Code.Canceled:
      return 'unknown'
    default:
      return 'success'
  }
}

/** Ends the lease when the messages end. */
async function* followMessages<T>(messages: AsyncIterable<T>, lease: CallLease): AsyncGenerator<T> {
  try {
    yield* messages
    lease.done('success')
  } catch (error) {
    lease.done(outcomeOf(error, false))
    throw error
  }
}

/** Ends the lease when the caller aborts the call: nobody may be reading its messages then. */
function endOnAbort(lease: CallLease, signal: AbortSignal | undefined): CallLease {
  const abandon = () => lease.done('unknown')
  signal?.addEventListener('abort', abandon, { once: true })
  return {
    ...lease,
    done(outcome) {
      signal?.removeEventListener('abort', abandon)
      lease.done(outcome)
    },
  }
}

async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(durationMs, undefined, signal ? { signal } : {}).catch(() => {
    throw ConnectError.from(signal?.reason, Code.Canceled)
  })
}
