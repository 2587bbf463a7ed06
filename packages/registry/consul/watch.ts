import { setTimeout as wait } from 'node:timers/promises'
import type { Instance } from '../port.ts'
import { backOff } from './back-off.ts'
import type { PassingQuery, PassingResponse } from './client.ts'
import { createRateLimit } from './rate-limit.ts'
import { createSnapshot } from './snapshot.ts'

/** Rate limit of queries: a burst, and the interval between further queries, in milliseconds. */
export const queryRate = { burst: 5, intervalMs: 1_000 }

export interface FollowOptions {
  /** Requests the instances, once there is something newer than the index. */
  readonly query: (query: PassingQuery) => Promise<PassingResponse>
  /** Time that a query waits for something newer, in milliseconds. */
  readonly waitMs: number
  /** Time that missing instances are kept after an outage of Consul, in milliseconds. */
  readonly graceMs: number
  /** Random number from 0 to below 1. Default: `Math.random`. */
  readonly random?: () => number
  /** Monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly clock?: () => number
  /** Called after each query: with its error, or with nothing when it succeeded. */
  readonly onResult: (error?: unknown) => void
  /** Resolves after the time, or immediately when the signal is aborted. Default: a timer. */
  readonly pause?: (durationMs: number, signal: AbortSignal) => Promise<void>
}

/** A service whose instances are kept up to date in the background until it is disposed. */
export interface Followed extends Disposable {
  /** Instances last known: see `Watch`. */
  readonly instances: readonly Instance[]
  /** Resolves after the first query, whether it succeeded or failed. */
  readonly queried: Promise<void>
  /** Returns the time since Consul's last response, in milliseconds. */
  ageMs(): number
}

/**
 * Follows a service by blocking queries, one at a time, by the rules of
 * https://developer.hashicorp.com/consul/api-docs/features/blocking: the index is at least 1, an
 * index that goes backwards is discarded, and the rate of queries is limited when responses come
 * quickly.
 */
export function followService(options: FollowOptions): Followed {
  const { random = Math.random, clock = () => performance.now() } = options
  const { waitMs: waitMsMax, graceMs, onResult, pause = pauseFor } = options
  const snapshot = createSnapshot({ graceMs, clock })
  const nextDelayMs = createRateLimit({ ...queryRate, clock })
  const ending = new AbortController()
  const { promise: queried, resolve: onQueried } = Promise.withResolvers<void>()
  let lastResponseMs = clock()
  let index: bigint | undefined
  let failureCount = 0

  async function queryOnce(): Promise<void> {
    const waitMs = jittered(waitMsMax, random, snapshot.graceLeftMs())
    const response = await options.query({ index, waitMs, signal: ending.signal })
    const isOlder = index !== undefined && response.index < index
    if (isOlder) snapshot.interrupt()
    index = isOlder ? undefined : atLeastOne(response.index)
    snapshot.accept(response.instances)
    lastResponseMs = clock()
    failureCount = 0
  }

  /** Returns the wait before the next query, in milliseconds. */
  async function step(): Promise<number> {
    try {
      await queryOnce()
      onResult()
      return nextDelayMs()
    } catch (error) {
      if (ending.signal.aborted) return 0
      // Consul may restart without its state. A query with an old index would then wait in error.
      index = undefined
      snapshot.interrupt()
      onResult(error)
      return backOff(++failureCount, random)
    }
  }

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      const waitMs = await step()
      onQueried()
      await pause(waitMs, ending.signal)
    }
  }

  void follow()
  return {
    get instances() {
      return snapshot.instances
    },
    queried,
    ageMs: () => clock() - lastResponseMs,
    [Symbol.dispose]: () => ending.abort(),
  }
}

/**
 * Returns a random wait of 90 to 100 % of the maximum, and not beyond the grace period: instances
 * that are kept by then are queried again.
 */
function jittered(waitMsMax: number, random: () => number, graceLeftMs = waitMsMax): number {
  return Math.ceil(Math.min(waitMsMax * (0.9 + random() / 10), graceLeftMs)) + 1
}

function atLeastOne(index: bigint): bigint {
  return index < 1n ? 1n : index
}

async function pauseFor(durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs > 0) await wait(durationMs, undefined, { signal }).catch(() => {})
}
