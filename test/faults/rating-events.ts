import type { NewRecord } from '@marquee/event-log/port'
import type { SeededRandom } from './seeded-random.ts'

/** A put or delete of a rating. */
export interface RatingEvent {
  readonly recordId: string
  readonly userId: string
  /** `undefined` deletes the rating. */
  readonly value: number | undefined
}

/** Ids of the rated records. */
export const recordIds = Array.from({ length: 50 }, (_, n) => `record-${n}`)

/** Returns a random event of one of 200 users, who change their ratings. */
export function randomEvent(random: SeededRandom): RatingEvent {
  const value = random.integer(0, 5)
  return {
    recordId: randomRecordId(random),
    userId: `user-${random.integer(0, 199)}`,
    value: value === 0 ? undefined : value,
  }
}

export function randomRecordId(random: SeededRandom): string {
  return recordIds[random.integer(0, recordIds.length - 1)] ?? ''
}

/** Returns the event as producers write it. */
export function toRecord({ value, ...event }: RatingEvent): NewRecord {
  const effect = value === undefined ? { eventType: 'delete' } : { eventType: 'put', value }
  const json = JSON.stringify({ ...event, ...effect, recordType: 'movie', providerId: 'test' })
  return { key: event.recordId, value: new TextEncoder().encode(json) }
}
