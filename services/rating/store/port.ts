import type { StoreCapabilities } from '@marquee/sql/capabilities'
import type {
  Aggregate,
  AggregateState,
  Rating,
  RatingChange,
  RecordRef,
  StoredRating,
  WriteStamp,
} from '../rating.ts'
import type { Scoring } from '../scoring.ts'
import type { PeriodCounts } from './period-counts.ts'
import type { RatingLists } from './rating-lists.ts'

/** Outcome of a put: whether it replaced a rating. */
export type PutOutcome = 'created' | 'replaced'

/** Condition of a write on the revision of a rating, `undefined` when there is none. */
export type RevisionCondition = (revision: number | undefined) => boolean

/** Outcome of a write on a condition. */
export type EditOutcome =
  | {
      readonly kind: 'met'
      /** Revision and time of the write. `undefined` when there was nothing to delete. */
      readonly stamp: WriteStamp | undefined
    }
  | {
      readonly kind: 'unmet'
      /** Current revision of the rating. `undefined` when there is none. */
      readonly revision: number | undefined
    }

export interface DeletedRatings {
  readonly deletedCount: number
  /** `true` when the record has more ratings than were deleted. */
  readonly areLeft: boolean
}

export interface DeletedOfUser {
  readonly deleted: readonly RecordRef[]
  /** `true` when the user has more ratings than were deleted. */
  readonly areLeft: boolean
}

/** Last position of a page of the top list: the last record that was read. */
export interface TopPosition {
  readonly bayesianScore: number
  readonly recordId: string
}

export interface TopOptions {
  readonly recordType: string
  /** Minimum number of ratings of a record. */
  readonly countMin: number
  /** Maximum number of aggregates of the page. */
  readonly limit: number
  /** Position after which the page starts. Default: the beginning. */
  readonly after?: TopPosition
}

export interface TopPage {
  readonly aggregates: readonly Aggregate[]
  /**
   * Position of the next page, or `undefined` when this is the last one. A page with a next one may
   * have fewer aggregates than the limit, or none, when it has skipped the maximum number of
   * records of one call (`topLimits`).
   */
  readonly next: TopPosition | undefined
}

/** Position in the changes of aggregates. */
export interface ChangePosition {
  readonly revision: number
  /** Place among the records that changed in the revision. `Infinity` is after all of them. */
  readonly place: number
}

export interface ChangesOptions {
  /** Default: all record types. */
  readonly recordType?: string
  readonly after: ChangePosition
  /** Maximum number of records to read. */
  readonly limit: number
}

export interface ChangesPage {
  /** Current states of the changed records, by revision. */
  readonly states: readonly AggregateState[]
  /**
   * Position of the next page, or `undefined` when this is the last one. A page with a next one may
   * have fewer states than the limit, or none: it has skipped other record types.
   */
  readonly next: ChangePosition | undefined
  /** Revision of the store when the page was read: the last page has every change up to it. */
  readonly revision: number
}

export interface StatesPage {
  /** State of each requested record, in the order of the request. */
  readonly states: readonly AggregateState[]
  /** Revision of the store when the states were read. */
  readonly revision: number
}

/**
 * Offset of an event, and a digest of its content that distinguishes it from another event at that
 * offset.
 */
export interface EventMark {
  readonly offset: number
  readonly digest: string
}

/** Position of a partition. */
export interface StoredPosition {
  readonly partition: number
  /** Offset of the first event that is not applied yet. */
  readonly offset: number
  /**
   * Last event before it. `undefined` when an earlier version of this program saved the position.
   */
  readonly lastEvent: EventMark | undefined
}

/** Saved state of the log of a topic. */
export interface StoredLog {
  /** `undefined` when nothing was applied yet, or only by an earlier version of this program. */
  readonly identity: string | undefined
  /** Positions, ordered by partition. */
  readonly positions: readonly StoredPosition[]
}

/** Changes of consecutive events of one partition. */
export interface ChangeBatch {
  readonly topic: string
  readonly partition: number
  /** Saved position of the partition before this batch, or `undefined` when there is none. */
  readonly expectedPosition: number | undefined
  /** The offset of the first event after the batch. */
  readonly nextPosition: number
  /** The identity of the log that the events were read from. */
  readonly log: string
  /** The last event of the batch, applied or not. */
  readonly lastEvent?: EventMark
  /** In the order of the events. */
  readonly changes: readonly RatingChange[]
  /** Offset of the event of each change. Default: 0, before all offsets of `skipEvents`. */
  readonly offsets?: readonly number[]
}

/** Events of a user to skip. */
export interface EventSkip {
  readonly topic: string
  /** Identity of the log that has the events. */
  readonly log: string
  readonly userId: string
  /** Offset in each partition before which events are skipped. */
  readonly ends: readonly number[]
}

/**
 * Ratings by record and user, and the aggregate of each record, which the same transaction updates.
 * All methods may be called concurrently. Each is atomic: it takes full effect or, when it rejects,
 * none. In a `durable` store, a resolved write survives the end of the process.
 */
export interface RatingStore extends RatingLists, PeriodCounts, AsyncDisposable {
  readonly capabilities: StoreCapabilities

  /**
   * Returns scale and prior of a record type: those of the latest opening of the database, as of
   * the last read or write of this store. A scale changes only while nobody has rated such a record,
   * or by a conversion.
   */
  scoring(recordType: string): Scoring

  /**
   * Saves the ratings in order, each replacing an earlier one by the same user of the same record.
   * Returns an outcome for each, in the same order. Putting twice is harmless. Rejects with a
   * RangeError, and saves nothing, when a value is not on the scale of its record type.
   */
  put(ratings: readonly Rating[]): Promise<PutOutcome[]>

  /**
   * Puts or deletes one rating, if it meets the condition. No other write takes place between the
   * check and the write. `isMet` may be called more than once. Rejects as `put` does.
   */
  edit(change: RatingChange, isMet: RevisionCondition): Promise<EditOutcome>

  /** Deletes the user's rating. Returns `false` when there was none. */
  delete(record: RecordRef, userId: string): Promise<boolean>

  /** Deletes at most `limit` ratings of the record, by any users, in one write. */
  deleteRatings(record: RecordRef, limit: number): Promise<DeletedRatings>

  /** Deletes the user's newest ratings in one write, at most `limit`. */
  deleteRatingsOfUser(userId: string, limit: number): Promise<DeletedOfUser>

  /** Returns the user's rating of the record, or `undefined`. */
  get(record: RecordRef, userId: string): Promise<StoredRating | undefined>

  /** Returns the aggregate of the record, or `undefined` when nobody has rated it. */
  aggregate(record: RecordRef): Promise<Aggregate | undefined>

  /**
   * Returns the aggregates of the records in the same order, without records that nobody has rated.
   */
  aggregates(records: readonly RecordRef[]): Promise<Aggregate[]>

  /**
   * Lists aggregates by score, the highest first, then by record id, compared by code point. A
   * concurrent write may show in a part of the page.
   */
  top(options: TopOptions): Promise<TopPage>

  /** Returns the state of each record, also of those that nobody has rated. */
  states(records: readonly RecordRef[]): Promise<StatesPage>

  /**
   * Lists records that changed after a position, in their current state, also those that nobody
   * rates any more. A record that changes meanwhile moves to the end of the list, so that reading on
   * finds every change.
   */
  changes(options: ChangesOptions): Promise<ChangesPage>

  /**
   * Returns a number that grows with every write that put or deleted a rating, and with every change
   * of a prior. It never repeats, even after a restart.
   */
  revision(): Promise<number>

  /**
   * Calls the listener with the changed records after each write that changed aggregates. Returns a
   * function that removes the listener. The listener must not throw.
   */
  onChange(listener: (records: readonly RecordRef[]) => void): () => void
}

export interface LogAdoption {
  readonly expected: StoredLog
  readonly identity: string
  /** `true` to apply the new log from its beginning. */
  readonly reset: boolean
}

/**
 * Target of ingestion. One transaction saves ratings and the position of each partition, so that an
 * event takes effect once, even when it is delivered again. Implemented together with
 * `RatingStore`.
 */
export interface ChangeSink {
  /** Returns scale and prior of a record type. */
  scoring(recordType: string): Scoring

  /** Returns the random id of the database, which identifies the installation. */
  installationId(): Promise<string>

  /** Returns the log of the topic and its positions, as one consistent state. */
  storedLog(topic: string): Promise<StoredLog>

  /**
   * Saves another log for the topic and, with `reset`, removes its positions, if the saved state is
   * still `expected`. Returns whether it was.
   */
  adoptLog(topic: string, adoption: LogAdoption): Promise<boolean>

  /**
   * Skips events of a user that were not applied before this call: their changes have no effect in
   * `apply`. Once the positions have passed them, nothing is left of the skip. It has no effect when
   * another log is saved for the topic, and ends when another one is adopted.
   */
  skipEvents(skip: EventSkip): Promise<void>

  /**
   * Applies the changes and saves `nextPosition`, atomically, if the saved position is still
   * `expectedPosition`. Otherwise another process has applied events of the partition, and nothing
   * changes. Returns the position that is saved afterwards. The first batch of a topic saves its
   * log. A batch of another log changes nothing and rejects with an `OtherLogError`. Rejects with a
   * `PositionLostError` when a position was expected and none is saved.
   */
  apply(batch: ChangeBatch): Promise<number>
}
