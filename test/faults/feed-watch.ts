import { setTimeout as delay } from 'node:timers/promises'
import type { RatingClient } from './rating-process.ts'

/** State of a record as a watch has it. */
export interface WatchedState {
  readonly revision: bigint
  readonly histogram: string
}

/** Watch that resumes where it was when the service ends. */
export interface ResumingWatch {
  /** Returns the last states by record id. */
  states(): ReadonlyMap<string, WatchedState>
  readonly done: Promise<void>
  /** Returns the number of streams that have delivered something. */
  streams(): number
}

const retryMs = 50

/** Watches all movies until the signal is aborted. */
export function watchResuming(client: RatingClient, signal: AbortSignal): ResumingWatch {
  const states = new Map<string, WatchedState>()
  let sinceRevision = 0n
  let streams = 0

  async function watchOnce(): Promise<void> {
    const request = { recordType: 'movie', sinceRevision }
    let isFirst = true
    for await (const response of client.watchAggregatedRatings(request, { signal })) {
      if (isFirst) streams++
      isFirst = false
      const { aggregatedRating: aggregate, resumeRevision } = response
      if (aggregate !== undefined) {
        const { revision, histogram } = aggregate
        states.set(aggregate.recordId, { revision, histogram: histogram.join() })
      }
      sinceRevision = resumeRevision
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      // The service was killed, or the test ends.
      await watchOnce().catch(() => undefined)
      await delay(retryMs)
    }
  }

  return { states: () => states, done: run(), streams: () => streams }
}
