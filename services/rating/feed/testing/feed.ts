import { expect } from 'bun:test'
import type { EventLog, LogRecord } from '@marquee/event-log/port'
import { type AggregateState, isRated } from '../../rating.ts'
import type { RatingDatabase } from '../../store/database.ts'
import type { RatingState } from '../../store/outbox.ts'
import type { ChangePosition } from '../../store/port.ts'
import type { RatingPlace } from '../../store/rating-lists.ts'
import { readTopic } from '../read-topic.ts'
import { decodeAggregate, decodeRating, type PublishedAggregate } from '../records.ts'

export const topics = { changes: 'rating-changes', aggregates: 'rating-aggregates' }

type ReadableLog = Pick<EventLog, 'read' | 'ends'>

/** Returns the last record of each key. */
export async function lastByKey(log: ReadableLog, topic: string): Promise<Map<string, LogRecord>> {
  const last = new Map<string, LogRecord>()
  for await (const record of readTopic(log, topic)) {
    last.set(new TextDecoder().decode(record.key ?? undefined), record)
  }
  return last
}

/** Reads what the topics have, as their last records say. */
export async function readFeed(log: ReadableLog) {
  const ratings = [...(await lastByKey(log, topics.changes)).values()].map(decodeRating)
  const aggregates = [...(await lastByKey(log, topics.aggregates)).values()].map(decodeAggregate)
  return { ratings: ratings.filter(({ value }) => value !== undefined), aggregates }
}

/** Expects that the topics have the state of the store, bit for bit. */
export async function expectFeed(log: ReadableLog, store: RatingDatabase): Promise<void> {
  const { ratings, aggregates } = await readFeed(log)
  expect(sorted(ratings)).toEqual(sorted(await allRatings(store)))
  const states = (await allStates(store)).map((state) => published(state, store))
  expect(sorted(aggregates)).toEqual(sorted(states))
}

/** Returns whether the topics have the state of the store. */
export async function isPublished(log: ReadableLog, store: RatingDatabase): Promise<boolean> {
  return expectFeed(log, store).then(
    () => true,
    () => false,
  )
}

function published(state: AggregateState, store: RatingDatabase): PublishedAggregate {
  const { recordType, recordId, revision, updateTimeMs } = state
  const zeros = store.scoring(recordType).scale.values.map(() => 0)
  const histogram = isRated(state) ? [...state.histogram] : zeros
  return { recordType, recordId, histogram, revision, updateTimeMs }
}

export async function allRatings(store: RatingDatabase): Promise<RatingState[]> {
  const found: RatingState[] = []
  let after: RatingPlace | undefined = { record: 0, userId: '' }
  while (after !== undefined) {
    const page = await store.outbox.ratings(after, 1_000)
    found.push(...page.ratings)
    after = page.next
  }
  return found
}

export async function allStates(store: RatingDatabase): Promise<AggregateState[]> {
  const found = new Map<string, AggregateState>()
  let after: ChangePosition | undefined = { revision: 0, place: 0 }
  while (after !== undefined) {
    const page = await store.changes({ after, limit: 1_000 })
    for (const state of page.states) found.set(`${state.recordType} ${state.recordId}`, state)
    after = page.next
  }
  return [...found.values()]
}

export function sorted<T>(items: readonly T[]): T[] {
  const keyOf = (item: T) => JSON.stringify(item, Object.keys(item as object).toSorted())
  return items.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}
