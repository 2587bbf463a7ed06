import type { Rating, RatingChange, RecordRef } from '../../rating.ts'
import { createScale } from '../../scale.ts'
import type { Prior, ScoringRules } from '../../scoring.ts'
import type { RatingDatabase } from '../database.ts'
import type { ChangeSink } from '../port.ts'
import type { TopLimits } from '../top.ts'

/** Opens a store on a database. A durable store finds there what an earlier one has saved. */
export type OpenRatingStore = (options: {
  rules: ScoringRules
  clock: () => number
  topLimits?: TopLimits
  outboxBytesMax?: number
}) => Promise<RatingDatabase>

export type OpenNew = () => Promise<RatingDatabase>

/** Returns the rules of a database whose record types all have the values 1 to 5. */
export function fiveStars(prior: Prior): ScoringRules {
  return { named: new Map(), others: { scale: createScale('1:5:1'), prior } }
}

export const rules = fiveStars({ mean: 3, weight: 10 })
export const startTimeMs = 1_700_000_000_000

/** Creates a clock that advances by one millisecond at each call. */
export function createClock(): () => number {
  let timeMs = startTimeMs
  return () => timeMs++
}

export function movie(recordId: string): RecordRef {
  return { recordType: 'movie', recordId }
}

export const alien = movie('alien')
export const heat = movie('heat')

export function rating(userId: string, value: number, record: RecordRef = alien): Rating {
  return { ...record, userId, value }
}

export function put(userId: string, value: number): RatingChange {
  return { ...alien, userId, value, kind: 'put' }
}

export function remove(userId: string): RatingChange {
  return { ...alien, userId, kind: 'delete' }
}

/** Returns the saved position of a partition, or `undefined`. */
export async function positionOf(
  store: Pick<ChangeSink, 'storedLog'>,
  partition = 0,
  topic = 'ratings',
): Promise<number | undefined> {
  const { positions } = await store.storedLog(topic)
  return positions.find((one) => one.partition === partition)?.offset
}
