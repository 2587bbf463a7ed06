import type { StoreCapabilities } from '@marquee/sql/capabilities'
import type { Aggregate, Rating, RatingChange, RecordRef, StoredRating } from '../rating.ts'

/** Whether a put found something to replace. */
export type PutOutcome = 'created' | 'replaced'

/** Where a page of the top list ended: at the last record that was looked at. */
export interface TopPosition {
  readonly bayesianScore: number
  readonly recordId: string
}

export interface TopOptions {
  readonly recordType: string
  /** Leaves out records with fewer ratings. */
  readonly countMin: number
  /** How many aggregates to answer at most. */
  readonly limit: number
  /** Answers what comes after this position. */
  readonly after?: TopPosition
}

export interface TopPage {
  readonly aggregates: readonly Aggregate[]
  /**
   * Where to go on; undefined when there is nothing more. A page before that may have fewer aggregates than the limit,
   * or none, when it has left out as many records as one call may look at (`topLimits`).
   */
  readonly next: TopPosition | undefined
}

/** An event by its place, and a digest of its content that tells it from another event at that place. */
export interface EventMark {
  readonly offset: number
  readonly digest: string
}

/** How far a partition has been applied. */
export interface StoredPosition {
  readonly partition: number
  /** The offset of the first event that has not been applied. */
  readonly offset: number
  /** The last event before it; undefined where an earlier version of this program stored the position. */
  readonly lastEvent: EventMark | undefined
}

/** What is stored of a topic's log. */
export interface StoredLog {
  /** Undefined when nothing has been applied yet, or by an earlier version of this program only. */
  readonly identity: string | undefined
  /** By partition. */
  readonly positions: readonly StoredPosition[]
}

/** The changes that a run of one partition's events asks for. */
export interface ChangeBatch {
  readonly topic: string
  readonly partition: number
  /** The partition's stored position before this batch: undefined when none was ever stored. */
  readonly expectedPosition: number | undefined
  /** The offset of the first event after the batch. */
  readonly nextPosition: number
  /** The identity of the log that the events were read from. */
  readonly log: string
  /** The last event of the batch, applied or not. */
  readonly lastEvent?: EventMark
  /** In the order of the events. */
  readonly changes: readonly RatingChange[]
}

/**
 * Ratings by record and user, and the aggregate of each record, kept up to date in the same transaction. All methods
 * may be called concurrently, and each is atomic: it takes effect wholly or, when it rejects, not at all. What a
 * resolved write stored survives the end of the process, where the store is `durable`.
 */
export interface RatingStore extends AsyncDisposable {
  readonly capabilities: StoreCapabilities

  /**
   * Stores the ratings in order, each replacing an earlier one of the same user and record. Answers an outcome for
   * each, in the same order. Putting twice is harmless.
   */
  put(ratings: readonly Rating[]): Promise<PutOutcome[]>

  /** Takes the user's rating back; false when there was none. */
  delete(record: RecordRef, userId: string): Promise<boolean>

  /** The user's rating of the record, or undefined. */
  get(record: RecordRef, userId: string): Promise<StoredRating | undefined>

  /** The record's aggregate, or undefined when nobody has rated it. */
  aggregate(record: RecordRef): Promise<Aggregate | undefined>

  /** The aggregates of the records in the order asked, without those that nobody has rated. */
  aggregates(records: readonly RecordRef[]): Promise<Aggregate[]>

  /**
   * Aggregates by score, the highest first, then by record id, compared by code point. What is written meanwhile may show
   * in a part of the page.
   */
  top(options: TopOptions): Promise<TopPage>

  /** Grows with every write that changed an aggregate, and never repeats, also not after a restart. */
  revision(): Promise<number>

  /**
   * Calls the listener after each write that changed aggregates, with the records, until the answered function is
   * called. The listener must not throw.
   */
  onChange(listener: (records: readonly RecordRef[]) => void): () => void
}

export interface LogAdoption {
  readonly expected: StoredLog
  readonly identity: string
  /** Whether the new log is applied from its beginning. */
  readonly reset: boolean
}

/**
 * Where ingestion writes: ratings together with how far each partition of the log has been read, in one transaction,
 * so that an event takes effect once, whatever is delivered again. Implemented beside `RatingStore`.
 */
export interface ChangeSink {
  /** Random, made with the database: tells one installation from another. */
  installationId(): Promise<string>

  /** The offset of the first event of the partition that has not been applied, or undefined when none ever was. */
  position(topic: string, partition: number): Promise<number | undefined>

  /** The log that the topic's events were read from, and how far, as one state. */
  storedLog(topic: string): Promise<StoredLog>

  /**
   * Stores another log for the topic and, with `reset`, removes its positions, if what is stored is still `expected`.
   * Returns whether it was.
   */
  adoptLog(topic: string, adoption: LogAdoption): Promise<boolean>

  /**
   * Applies the changes and stores `nextPosition`, atomically, if the stored position is still `expectedPosition`.
   * Otherwise (somebody else has applied events of the partition) nothing is changed. Answers the position that is
   * stored afterwards. The first batch of a topic stores its log; a batch of another log changes nothing, and rejects
   * with an `OtherLogError`. Rejects with a `PositionLostError` when a position was expected and none is stored.
   */
  apply(batch: ChangeBatch): Promise<number>
}
