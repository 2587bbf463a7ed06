import type { RecordRef, StoredRating } from '../rating.ts'

/** Position of a rating among those of its user. */
export interface UserPosition {
  readonly updateTimeMs: number
  /** Number that the store has given to the record. */
  readonly recordNumber: number
}

/** Place of a rating in the list of all ratings. */
export interface RatingPlace {
  /** Number of the record, from 1. 0 for the beginning. */
  readonly record: number
  readonly userId: string
}

export interface PageOptions<Position> {
  /** Maximum number of ratings of the page, 1 or more. */
  readonly limit: number
  /** Position after which the page starts. Default: the beginning. */
  readonly after?: Position | undefined
}

export interface RatingPage<Position> {
  readonly ratings: readonly StoredRating[]
  /** Position of the next page, or `undefined` when this is the last one. */
  readonly next: Position | undefined
}

/**
 * Lists of ratings, in pages. A page is full while there are more ratings. Pages that follow each
 * other have each rating once that does not change meanwhile. One that changes may be on two pages,
 * or on none.
 */
export interface RatingLists {
  /** Lists the ratings of a user, the newest first. Those of one time are in no particular order. */
  ratingsOfUser(
    userId: string,
    options: PageOptions<UserPosition>,
  ): Promise<RatingPage<UserPosition>>

  /** Returns the number of the ratings of a user, of all record types. */
  countOfUser(userId: string): Promise<number>

  /** Lists the ratings of a record by user id, compared by code point. A position is a user id. */
  ratingsOfRecord(record: RecordRef, options: PageOptions<string>): Promise<RatingPage<string>>
}

/** Position before the newest rating of a user. */
export const newestOfUser: UserPosition = {
  updateTimeMs: Number.MAX_SAFE_INTEGER,
  recordNumber: Number.MAX_SAFE_INTEGER,
}
