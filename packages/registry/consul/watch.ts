import { setTimeout as wait } from 'node:timers/promises'
import type { Instance } from '../port.ts'
import type { PassingAnswer, PassingQuery } from './client.ts'
import { backOff, createPace } from './pace.ts'
import { createSnapshot } from './snapshot.ts'

/** How many queries may follow each other at once, and how long between two after that, in milliseconds. */
export const queryPace = { burst: 5, intervalMs: 1_000 }

export interface FollowOptions {
  /** Asks for the instances, when there is something newer than the index. */
  readonly query: (query: PassingQuery) => Promise<PassingAnswer>
  /** How long a query may wait for something newer, in milliseconds. */
  readonly waitMs: number
  /** How long instances are kept that Consul may only have forgotten, in milliseconds. */
  readonly graceMs: number
  /** From 0 to below 1. */
  readonly random: () => number
  /** Milliseconds that never go back. */
  readonly clock: () => number
  /** Called after each query: with its error, or with nothing when Consul answered. */
  readonly onAnswer: (error?: unknown) => void
  /** Resolves after the time, or at once when the signal is aborted. */
  readonly pause?: (durationMs: number, signal: AbortSignal) => Promise<void>
}

/** A service that is followed in the background until it is disposed. */
export interface Followed extends Disposable {
  /** What is known, as of a `Watch`. */
  readonly instances: readonly Instance[]
  /** Resolves when Consul has answered for the first time, or failed to. */
  readonly asked: Promise<void>
  /** For how long Consul has said nothing, in milliseconds. */
  ageMs(): number
}

/**
 * Follows a service by blocking queries, one at a time, by the rules of
 * https://developer.hashicorp.com/consul/api-docs/features/blocking: the index is at least 1, one that goes backwards
 * starts afresh, and answers that come quickly are asked for at a limited rate.
 */
export function followService(options: FollowOptions): Followed {
  const { clock, onAnswer, pause = pauseFor } = options
  const snapshot = createSnapshot(options)
  const pace = createPace({ ...queryPace, clock })
  const ending = new AbortController()
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>()
  let heardMs = clock()
  let index: bigint | undefined
  let failureCount = 0

  async function askOnce(): Promise<void> {
    const waitMs = jittered(options, snapshot.graceLeftMs())
    const answer = await options.query({ index, waitMs, signal: ending.signal })
    const isOlder = index !== undefined && answer.index < index
    if (isOlder) snapshot.interrupt()
    index = isOlder ? undefined : atLeastOne(answer.index)
    snapshot.accept(answer.instances)
    heardMs = clock()
    failureCount = 0
  }

  /** Answers how long to wait before asking again. */
  async function step(): Promise<number> {
    try {
      await askOnce()
      onAnswer()
      return pace()
    } catch (error) {
      if (ending.signal.aborted) return 0
      // Consul may come back without its state, when an index of before would wait for nothing.
      index = undefined
      snapshot.interrupt()
      onAnswer(error)
      return backOff(++failureCount, options.random)
    }
  }

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      const waitMs = await step()
      onAsked()
      await pause(waitMs, ending.signal)
    }
  }

  void follow()
  return {
    get instances() {
      return snapshot.instances
    },
    asked,
    ageMs: () => clock() - heardMs,
    [Symbol.dispose]: () => ending.abort(),
  }
}

/** Waits less than it may, each time differently, and not beyond the grace: what is kept then is asked for again. */
function jittered({ waitMs, random }: FollowOptions, graceLeftMs = waitMs): number {
  return Math.ceil(Math.min(waitMs * (0.9 + random() / 10), graceLeftMs)) + 1
}

function atLeastOne(index: bigint): bigint {
  return index < 1n ? 1n : index
}

async function pauseFor(durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs > 0) await wait(durationMs, undefined, { signal }).catch(() => {})
}
