import { setTimeout as delay } from 'node:timers/promises'
import type { EventLog } from '@marquee/event-log/port'
import { markOf } from '../log-guard.ts'
import type { RatingDatabase } from '../store/database.ts'
import type { FeedTopics } from './publisher.ts'
import { readTopic } from './read-topic.ts'
import { type AggregateDifference, createAggregateCheck } from './rebuild-check.ts'
import { decodeAggregate, decodeRating } from './records.ts'

/**
 * Position of a rebuilt store in the topic of events: `end` skips the events that the topic has
 * when the rebuild starts, and `start` applies all of them to what was rebuilt.
 */
export type EventsFrom = 'end' | 'start'

export interface RebuildOptions {
  readonly store: Pick<
    RatingDatabase,
    'restore' | 'outbox' | 'changes' | 'states' | 'scoring' | 'storedLog' | 'apply'
  >
  readonly eventLog: Pick<EventLog, 'read' | 'ends' | 'identity'>
  readonly topics: FeedTopics
  /** Topic of events. */
  readonly eventsTopic: string
  readonly eventsFrom: EventsFrom
  /** Called with the number of records that are read. */
  readonly onProgress?: (count: number) => void
  readonly signal?: AbortSignal
}

export interface Rebuilt {
  /** Number of ratings and tombstones that were read. */
  readonly changes: number
  readonly aggregates: number
  /** Ends of the partitions of the events, where a service continues. Empty for the start. */
  readonly positions: readonly number[]
  /**
   * Records whose published aggregate is not the one of the published ratings. While a service
   * publishes, without those that one topic has newer changes of: they are only counted.
   */
  readonly differences: readonly AggregateDifference[]
  readonly newerCount: number
}

/** Maximum number of records of one write. */
const batchSizeMax = 5_000

/**
 * Maximum time to find out whether a service publishes, in milliseconds. A running one publishes
 * aggregates a second after their ratings.
 */
const publishTimeMsMax = 3_000
const publishIntervalMs = 100

/** Thrown for a database or topics that a rebuild cannot use. */
export class CannotRebuildError extends Error {
  override readonly name = 'CannotRebuildError'
}

/**
 * Rebuilds an empty store from the topics of the feed, up to their ends at the start: value, time
 * and revision of each rating, and time and revision of each aggregate. Rejects with a
 * CannotRebuildError, and changes nothing, when the store is not empty or both topics are.
 * When it rejects later, the store is incomplete.
 */
export async function rebuildStore(options: RebuildOptions): Promise<Rebuilt> {
  const { store, eventLog, topics, eventsTopic, eventsFrom } = options
  await requireEmpty(store, eventsTopic)
  // Before the ends of the feed: an event that is applied meanwhile is applied again, not skipped.
  const positions = eventsFrom === 'end' ? await eventLog.ends(eventsTopic) : []
  const ends = {
    aggregates: await eventLog.ends(topics.aggregates),
    changes: await eventLog.ends(topics.changes),
  }
  if ([...ends.changes, ...ends.aggregates].every((end) => end === 0)) {
    const names = `${topics.changes} and ${topics.aggregates}`
    throw new CannotRebuildError(`the topics ${names} are empty: check their names`)
  }
  // A service that uses the store later publishes it from the beginning.
  await store.outbox.end()
  let [changes, aggregates, newest] = [0, 0, 0]
  for await (const records of batchesOf(readTopic(eventLog, topics.changes, ends.changes))) {
    options.signal?.throwIfAborted()
    const states = records.map(decodeRating)
    newest = states.reduce((max, { revision }) => Math.max(max, revision), newest)
    await store.restore.ratings(states)
    changes += records.length
    options.onProgress?.(changes)
  }
  const check = createAggregateCheck(store, newest)
  for await (const records of batchesOf(readTopic(eventLog, topics.aggregates, ends.aggregates))) {
    options.signal?.throwIfAborted()
    await check.add(records.map(decodeAggregate))
    aggregates += records.length
    options.onProgress?.(changes + aggregates)
  }
  await savePositions(options, positions)
  const found = await check.finish()
  const newer = found.filter(({ isNewer }) => isNewer)
  const isPublished = newer.length > 0 && (await hasMoved(options, ends))
  const differences = isPublished ? found.filter(({ isNewer }) => !isNewer) : found
  const newerCount = isPublished ? newer.length : 0
  return { changes, aggregates, positions, differences, newerCount }
}

/** Rejects with a CannotRebuildError unless the store has neither ratings nor positions. */
export async function requireEmpty(
  store: Pick<RatingDatabase, 'changes' | 'storedLog'>,
  eventsTopic: string,
): Promise<void> {
  const { states, next } = await store.changes({ after: { revision: 0, place: 0 }, limit: 1 })
  if (states.length > 0 || next !== undefined) {
    throw new CannotRebuildError('the database has ratings: give an empty one')
  }
  const { positions } = await store.storedLog(eventsTopic)
  if (positions.length > 0) {
    throw new CannotRebuildError('a service has applied events to the database: give a new one')
  }
}

/** Returns whether the topics grow. */
async function hasMoved(
  { eventLog, topics, signal }: RebuildOptions,
  ends: { readonly [Name in keyof FeedTopics]: readonly number[] },
): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < publishTimeMsMax; waitedMs += publishIntervalMs) {
    for (const name of ['changes', 'aggregates'] as const) {
      const now = await eventLog.ends(topics[name])
      if (now.join() !== ends[name].join()) return true
    }
    await delay(publishIntervalMs, undefined, signal && { signal })
  }
  return false
}

/** Saves the positions with what a service checks at its start. */
async function savePositions(
  { store, eventLog, eventsTopic: topic }: RebuildOptions,
  positions: readonly number[],
): Promise<void> {
  for (const [partition, nextPosition] of positions.entries()) {
    if (nextPosition === 0) continue
    const log = await eventLog.identity(topic)
    const offset = nextPosition - 1
    const [last] = (await eventLog.read(topic, { partition, offset, countMax: 1 }))?.records ?? []
    const lastEvent = last?.offset === offset ? { lastEvent: markOf(last) } : {}
    const place = { topic, partition, log, expectedPosition: undefined, nextPosition }
    await store.apply({ ...place, ...lastEvent, changes: [] })
  }
}

/** Yields consecutive items together. */
async function* batchesOf<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < batchSizeMax) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
