import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import type { EventLog } from '@marquee/event-log/port'
import type { RatingDatabase } from '../store/database.ts'
import { changesOf, eventsOf } from './mentions.ts'
import { type ErasedRecords, type ErasureReceipt, eraseRecords } from './receipt.ts'

/** Topics that have user ids. */
export interface ErasureTopics {
  /** Topic of the rating events. */
  readonly topic: string
  readonly deadLetterTopic: string
  /** Topic that every change is published to. */
  readonly changesTopic: string
}

export interface ErasureOptions {
  readonly store: RatingDatabase
  /** Default: none. Only the ratings in the store are erased. */
  readonly log?: {
    readonly eventLog: Pick<EventLog, 'ends' | 'erase' | 'identity' | 'retention'>
    readonly topics: ErasureTopics
  }
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
}

/** Limits of an erasure. */
export const erasureLimits = {
  /** Maximum number of ratings that one write deletes. */
  writeSizeMax: 500,
  /** Maximum time until the deletes are published, in milliseconds. */
  publishTimeoutMs: 10_000,
  /** Interval at which that is examined, in milliseconds. */
  publishIntervalMs: 25,
}

/** Thrown when the deletes are not published in time. Erasing again continues. */
export class NotPublishedError extends Error {
  override readonly name = 'NotPublishedError'
}

export type EraseUser = (userId: string, signal: AbortSignal) => Promise<ErasureReceipt>

/**
 * Returns a function that erases a user: ratings, aggregates, dead letters and events, and their
 * bytes where the store and the log can. Deletes are published as any other. Events that are in the
 * log when it is called have no effect afterwards. A rating that is put, and an event that arrives,
 * from then on is a new one. After a failure, calling it again does the rest.
 */
export function createEraseUser({ store, log, clock = Date.now }: ErasureOptions): EraseUser {
  async function deleteRatings(userId: string, signal: AbortSignal): Promise<Map<string, number>> {
    const counts = new Map<string, number>()
    for (let areLeft = true; areLeft; ) {
      signal.throwIfAborted()
      const deletion = await store.deleteRatingsOfUser(userId, erasureLimits.writeSizeMax)
      for (const { recordType } of deletion.deleted) {
        counts.set(recordType, (counts.get(recordType) ?? 0) + 1)
      }
      areLeft = deletion.areLeft
      await setImmediate()
    }
    return counts
  }

  /** Waits until every delete is published, and no change of the user is in the outbox. */
  async function published(signal: AbortSignal): Promise<void> {
    const revision = await store.revision()
    const endMs = performance.now() + erasureLimits.publishTimeoutMs
    for (;;) {
      const { from } = await store.outbox.unpublished(1)
      if (from === undefined || from > revision) return
      if (performance.now() > endMs) {
        throw new NotPublishedError(
          'the ratings are deleted, but the deletes are not published yet: erase again in a minute',
        )
      }
      await delay(erasureLimits.publishIntervalMs, undefined, { signal })
    }
  }

  async function skipEvents(userId: string): Promise<void> {
    if (log === undefined) return
    const { eventLog, topics } = log
    const topic = topics.topic
    const identity = await eventLog.identity(topic)
    await store.skipEvents({ topic, log: identity, userId, ends: await eventLog.ends(topic) })
  }

  async function eraseTopics(userId: string, signal: AbortSignal): Promise<ErasedRecords[]> {
    if (log === undefined) return []
    const { eventLog, topics } = log
    const isEvent = eventsOf(userId)
    const records: ErasedRecords[] = []
    for (const [topic, matches] of [
      [topics.topic, isEvent],
      [topics.changesTopic, changesOf(userId)],
      // Last, because an event that was being read may have become a dead letter.
      [topics.deadLetterTopic, isEvent],
    ] as const) {
      const keepsTombstones = topic === topics.changesTopic
      const nowMs = clock()
      records.push(await eraseRecords({ eventLog, topic, matches, keepsTombstones, nowMs, signal }))
    }
    return records
  }

  return async (userId, signal) => {
    await skipEvents(userId)
    const ratings = await deleteRatings(userId, signal)
    await published(signal)
    const records = await eraseTopics(userId, signal)
    await store.purge()
    return { ratings, records }
  }
}
