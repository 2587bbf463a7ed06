import { setTimeout as delay } from 'node:timers/promises'
import { type RatingJson, watchBy, watchProtocols } from '@marquee/testing/watch-protocols'
import { recordIds } from './rating-events.ts'
import type { SeededRandom } from './seeded-random.ts'

const recordType = 'movie'
const topLimit = 20

/** Selections of watches, each of which reports on all rated movies. */
const requests = {
  type: { rpc: { recordType }, query: `type=${recordType}` },
  records: {
    rpc: { records: recordIds.map((recordId) => ({ recordType, recordId })) },
    query: `type=${recordType}&${recordIds.map((id) => `id=${id}`).join('&')}`,
  },
  top: {
    rpc: { top: { recordType, limit: topLimit } },
    query: `type=${recordType}&top=${topLimit}`,
  },
}

export const selections = ['type', 'records', 'top'] as const
export type Selection = (typeof selections)[number]

/** Watch that resumes where it was, at any instance and by any protocol, when its stream fails. */
export interface ResumingWatch {
  readonly selection: Selection
  /** Returns the last states, ordered by record id. Those of a top list are in its order. */
  states(): readonly RatingJson[]
  readonly done: Promise<void>
  /** Returns the number of messages that have arrived. */
  messages(): number
  /** Returns the number of streams that have delivered something. */
  streams(): number
  /** Returns how often a record went back to an earlier revision. */
  setbacks(): number
}

export interface WatchOptions {
  /** Instances of the service. */
  readonly urls: readonly string[]
  readonly random: SeededRandom
  readonly signal: AbortSignal
}

const retryMs = 50

/** Watches all movies until the signal is aborted. */
export function watchResuming(
  selection: Selection,
  { urls, random, signal }: WatchOptions,
): ResumingWatch {
  const states = new Map<string, RatingJson>()
  let top: readonly RatingJson[] = []
  let since = '0'
  let [streams, messages, setbacks] = [0, 0, 0]

  function take(state: RatingJson): void {
    const before = states.get(state.recordId)?.revision ?? 0
    if (BigInt(state.revision ?? 0) < BigInt(before)) setbacks++
    states.set(state.recordId, state)
  }

  async function watchOnce(): Promise<void> {
    const url = urls[random.integer(0, urls.length - 1)] as string
    const protocol = watchProtocols[random.integer(0, watchProtocols.length - 1)] ?? 'grpc'
    const options = { since, signal }
    let isFirst = true
    for await (const message of watchBy(protocol, url, requests[selection], options)) {
      if (isFirst) streams++
      isFirst = false
      messages++
      if (message.aggregatedRating) take(message.aggregatedRating)
      if (message.top) top = message.top.aggregatedRatings ?? []
      since = message.resumeRevision ?? '0'
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      // The service or its store was killed, or the test ends.
      await watchOnce().catch(() => undefined)
      await delay(retryMs)
    }
  }

  return {
    selection,
    states: () => (selection === 'top' ? top : [...states.values()].toSorted(byRecordId)),
    done: run(),
    messages: () => messages,
    streams: () => streams,
    setbacks: () => setbacks,
  }
}

/** Returns the states as watches must have them, from those of the service. */
export function watchedStates(
  aggregates: readonly RatingJson[],
  topRated: readonly RatingJson[],
): Record<Selection, readonly RatingJson[]> {
  const all = aggregates.toSorted(byRecordId)
  return { type: all, records: all, top: topRated.slice(0, topLimit) }
}

function byRecordId(one: RatingJson, other: RatingJson): number {
  return one.recordId < other.recordId ? -1 : 1
}
