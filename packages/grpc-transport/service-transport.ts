import { setTimeout as wait } from 'node:timers/promises'
import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import type { Http2Context } from '@marquee/http/http2/core/context'
import type { Outcome } from './pool/balancer.ts'
import { type Connection, createConnection } from './pool/connection.ts'
import { type ConnectionPool, createConnectionPool, type Lease } from './pool/connection-pool.ts'
import { hasPushback } from './pushback.ts'
import type { Instance, Resolver } from './resolver.ts'
import { createRetryPolicy, type RetryPolicy } from './retry.ts'

/** The deadline of a unary call whose caller sets none, in milliseconds. */
export const unaryTimeoutMs = 2_000
/** The latest deadline, in milliseconds: the eight digits that gRPC allows, a little more than a day. */
export const timeoutMsMax = 99_999_999
/** An instance that said nothing for this long before the deadline passed counts as failed, in milliseconds. */
export const silenceMs = 500
/** How long disposal waits for calls to end, in milliseconds. */
export const drainTimeoutMs = 5_000

/** Calls the instances of one service. Disposal takes no new calls and lets those in flight end, within a bound. */
export interface ServiceTransport extends Transport, AsyncDisposable {}

export interface ServiceTransportOptions {
  readonly resolver: Resolver
  /** The name by which the resolver knows the service: `metadata`. */
  readonly service: string
  /** How many times a call is retried at most. Default: 2. */
  readonly retriesMax?: number
  /** From 0 to below 1. */
  readonly random?: () => number
  /** Milliseconds that never go back. */
  readonly clock?: () => number
  /** How long disposal waits for calls to end before it cuts them, in milliseconds. */
  readonly drainTimeoutMs?: number
}

/**
 * A Connect transport that calls a service by gRPC, on one kept connection for each instance the registry shows, and
 * spreads the calls over them (`createBalancer`).
 *
 * - A unary call ends by the caller's `timeoutMs`, else after `unaryTimeoutMs`; a stream by the caller's, or never. A
 *   `timeoutMs` of 0 or less is a deadline that has passed (Connect's own transports take it for none).
 * - A unary call that failed with UNAVAILABLE is tried again where that is safe (`createRetryPolicy`), on another
 *   instance if there is one. With no instance known, a call fails with UNAVAILABLE at once.
 * - A service's error arrives with its code, message and details; a call that the network cut is UNAVAILABLE.
 * - A stream ends when it is read to its end or its signal is aborted. Leaving a loop over it ends nothing: Connect's
 *   clients do not pass `return` on.
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
      lease.answered()
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

/** Calls instance after instance until one answers or the policy says that an error is final. */
function createRepeat(pool: ConnectionPool<Connection>, retries: RetryPolicy, clock: () => number) {
  return async <T>(
    { method, signal, timeoutMs }: UnaryCall,
    tryOnce: (transport: Transport, remainingMs: number) => Promise<T>,
  ): Promise<T> => {
    const endMs = clock() + timeoutMs
    const tried = new Set<Instance>()
    for (let retryCount = 0; ; retryCount++) {
      const limitMs = checkedTimeout(endMs - clock())
      const lease = pool.take(tried)
      tried.add(lease.instance)
      try {
        const answer = await settle(lease, tryOnce(lease.connection.transport, limitMs), clock)
        lease.done('success')
        retries.succeeded()
        return answer
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

/** Whole milliseconds, as the `grpc-timeout` header wants them. */
function checkedTimeout(timeoutMs: number): number {
  if (timeoutMs <= 0) throw new ConnectError('the deadline has passed', Code.DeadlineExceeded)
  return Math.min(Math.ceil(timeoutMs), timeoutMsMax)
}

/** Waits for the answer, and ends the lease when there is none. */
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
      // An overloaded instance that was set aside would leave its calls to the others, and overload them.
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

/** Ends the lease when the call is given up, because then its messages may have no reader to find out. */
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
