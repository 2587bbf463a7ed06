import { compareCodePoints } from '@marquee/sql/code-points'
import { firstIndex } from '@marquee/sql/first-index'
import {
  type Rating,
  type RecordRef,
  recordKey,
  type StoredRating,
  type WriteStamp,
} from '../rating.ts'
import { type ScoringRules, scoringFor } from '../scoring.ts'
import { createMemoryPeriods } from './memory-periods.ts'
import type { PeriodCounts } from './period-counts.ts'
import {
  newestOfUser,
  type RatingLists,
  type RatingPage,
  type UserPosition,
} from './rating-lists.ts'

/** Ratings of a record by user id. */
export type Ratings = Map<string, KeptRating>

/** Rating in memory, without its names. */
export interface KeptRating extends WriteStamp, Pick<Rating, 'ratedTimeMs'> {
  readonly step: number
}

/** Lists and counts of ratings in memory. */
export interface MemoryLists extends RatingLists, PeriodCounts {
  /** Adds or removes the users' ratings of a record, as `ratings` has them now. */
  update(record: RecordRef, ratings: Ratings, userIds: Iterable<string>): void
}

interface ListedRecord {
  readonly record: RecordRef
  readonly ratings: Ratings
  /** User ids in order. `undefined` when they have changed since they were sorted. */
  sorted: readonly string[] | undefined
}

export function createMemoryLists(rules: ScoringRules): MemoryLists {
  const numbers = new Map<string, number>()
  /** Records by number, from 1. */
  const listed: ListedRecord[] = []
  /** Numbers of the records that each user has rated. */
  const users = new Map<string, Set<number>>()

  function numberOf(record: RecordRef, ratings: Ratings): number {
    const key = recordKey(record)
    const known = numbers.get(key)
    if (known !== undefined) return known
    const { recordType, recordId } = record
    const number = listed.push({ record: { recordType, recordId }, ratings, sorted: undefined })
    numbers.set(key, number)
    return number
  }

  function ratingOf(recordNumber: number, userId: string): StoredRating | undefined {
    const { record, ratings } = listed[recordNumber - 1] ?? {}
    const kept = ratings?.get(userId)
    if (record === undefined || kept === undefined) return undefined
    const { step, ...rest } = kept
    const value = scoringFor(rules, record.recordType).scale.values[step] as number
    return { ...record, userId, value, ...rest }
  }

  function usersAfter(recordNumber: number, userId: string, limit: number): StoredRating[] {
    const one = listed[recordNumber - 1]
    if (one === undefined) return []
    one.sorted ??= [...one.ratings.keys()].sort(compareCodePoints)
    const start = firstIndex(one.sorted, (other) => compareCodePoints(other, userId) > 0)
    const found = one.sorted.slice(start, start + limit)
    return found.flatMap((userId) => ratingOf(recordNumber, userId) ?? [])
  }

  return {
    ...createMemoryPeriods(listed, rules),

    update(record, ratings, userIds) {
      const recordNumber = numberOf(record, ratings)
      const one = listed[recordNumber - 1] as ListedRecord
      one.sorted = undefined
      for (const userId of userIds) {
        const rated = users.get(userId) ?? new Set()
        if (ratings.has(userId)) rated.add(recordNumber)
        else rated.delete(recordNumber)
        if (rated.size > 0) users.set(userId, rated)
        else users.delete(userId)
      }
    },

    async ratingsOfUser(userId, { limit, after = newestOfUser }) {
      const placed = [...(users.get(userId) ?? [])].flatMap((recordNumber) => {
        const rating = ratingOf(recordNumber, userId)
        const position = { updateTimeMs: rating?.updateTimeMs ?? 0, recordNumber }
        return rating && isBefore(position, after) ? [{ rating, position }] : []
      })
      placed.sort((one, other) => (isBefore(one.position, other.position) ? 1 : -1))
      return pageOf(placed, limit)
    },

    async countOfUser(userId) {
      return users.get(userId)?.size ?? 0
    },

    async ratingsOfRecord(record, { limit, after = '' }) {
      const number = numbers.get(recordKey(record)) ?? 0
      const found = usersAfter(number, after, limit + 1)
      return pageOf(
        found.map((rating) => ({ rating, position: rating.userId })),
        limit,
      )
    },
  }
}

/** Returns whether a rating is older than another, and so comes later in the list. */
function isBefore(one: UserPosition, other: UserPosition): boolean {
  return one.updateTimeMs === other.updateTimeMs
    ? one.recordNumber < other.recordNumber
    : one.updateTimeMs < other.updateTimeMs
}

interface Placed<Position> {
  readonly rating: StoredRating
  readonly position: Position
}

/** Returns a page of ratings, of which one more than the limit shows that more follow. */
function pageOf<Position>(
  placed: readonly Placed<Position>[],
  limit: number,
): RatingPage<Position> {
  const shown = placed.slice(0, limit)
  return {
    ratings: shown.map(({ rating }) => rating),
    next: placed.length > limit ? shown.at(-1)?.position : undefined,
  }
}
