import type { NewRecord } from '@marquee/event-log/port'
import type { SeededRandom } from './seeded-random.ts'

/** What somebody says of a record. */
export interface RatingEvent {
  readonly recordId: string
  readonly userId: string
  /** Undefined to take the rating back. */
  readonly value: number | undefined
}

/** The records that are rated. */
export const recordIds = Array.from({ length: 50 }, (_, n) => `record-${n}`)

/** Of one of 200 users, who change their minds. */
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

/** The event as producers write it. */
export function toRecord({ value, ...event }: RatingEvent): NewRecord {
  const effect = value === undefined ? { eventType: 'delete' } : { eventType: 'put', value }
  const json = JSON.stringify({ ...event, ...effect, recordType: 'movie', providerId: 'test' })
  return { key: event.recordId, value: new TextEncoder().encode(json) }
}
