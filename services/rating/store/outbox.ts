import type { RecordRef, StoredRating, WriteStamp } from '../rating.ts'
import type { RecordEdit, StoredRecord } from './change-batch.ts'
import { isWrite } from './change-batch.ts'
import type { ChangePosition } from './port.ts'
import type { RatingPlace } from './rating-lists.ts'

/** A user's rating of a record as a write has left it. */
export interface RatingState extends RecordRef, WriteStamp {
  readonly userId: string
  /** `undefined` when the write has deleted the rating. */
  readonly value: number | undefined
  readonly ratedTimeMs?: number | undefined
}

/** Consecutive writes whose changes are not published yet. */
export interface Unpublished {
  /** In the order of the writes. */
  readonly ratings: readonly RatingState[]
  /** Revisions of the first and of the last of the writes. `undefined` when there are none. */
  readonly from: number | undefined
  readonly through: number | undefined
}

export interface RatingsPage {
  readonly ratings: readonly StoredRating[]
  /** Place of the last one, or `undefined` when no rating follows. */
  readonly next: RatingPlace | undefined
}

/** Pass over all ratings, which publishes each as it is. */
export interface FeedPass {
  /** Place of the last published rating. */
  readonly place: RatingPlace
  /** Revision whose writes, and all before, are published before the pass goes on. */
  readonly after: number
}

/** Progress of publishing a store. */
export interface FeedProgress {
  /** Names the topics that it is published to. `undefined` when it is not published. */
  readonly target: string | undefined
  /** A pass over all ratings. `undefined` when it is over. */
  readonly pass: FeedPass | undefined
  /** Position of the last published aggregate. */
  readonly aggregates: ChangePosition
}

/** Progress to save. What is absent stays as it is. */
export interface Published {
  /** Revision of the last published write of the outbox. */
  readonly through?: number
  /** Place in the pass that has this `after`. `'end'` when the pass is over. */
  readonly pass?: { readonly place: RatingPlace | 'end'; readonly after: number }
  readonly aggregates?: ChangePosition
}

export interface Lease {
  /** Name of the holder, unique among all processes. */
  readonly holder: string
  /** Duration from now, in milliseconds. */
  readonly durationMs: number
}

/**
 * Writes whose changes are not published yet, and the progress of publishing. While the store is
 * published, every write of every process adds itself in its own transaction, and rejects with an
 * OutboxFullError when the outbox has no room. One holder of a lease publishes at a time:
 *
 * 1. It claims the lease. When the target is another one, it calls `begin`.
 * 2. It publishes what `unpublished`, `ratings` and the store's `changes` return.
 * 3. It calls `save`. When that returns `false`, the lease was lost, and what it has published
 *    may have followed newer states: it calls `repeat`.
 *
 * A crash between 2 and 3 only publishes the same states again.
 */
export interface Outbox {
  /** Takes or extends the lease. Returns the progress, or `undefined` when another one holds it. */
  claim(lease: Lease): Promise<FeedProgress | undefined>
  /** Gives the lease back. */
  release(holder: string): Promise<void>
  /**
   * Publishes to another target from now on: everything, from the beginning. Returns `false`, and
   * changes nothing, without the lease.
   */
  begin(holder: string, target: string): Promise<boolean>
  /** Publishes nothing from now on, and empties the outbox. */
  end(): Promise<void>
  /** Returns the oldest writes, as many as have at most `countMax` ratings, and at least one. */
  unpublished(countMax: number): Promise<Unpublished>
  /** Lists all ratings, by record and user. */
  ratings(after: RatingPlace, limit: number): Promise<RatingsPage>
  /** Saves progress and extends the lease. Returns `false`, and changes nothing, without the lease. */
  save(lease: Lease, published: Published): Promise<boolean>
  /**
   * Publishes the ratings again as they will be then, and the aggregates from a position on.
   */
  repeat(ratings: readonly RatingState[], aggregates: ChangePosition | undefined): Promise<void>
  /** Returns the size of the outbox, in bytes. */
  size(): Promise<number>
}

/** Thrown when the outbox has no room for a write. The write has changed nothing. */
export class OutboxFullError extends Error {
  override readonly name = 'OutboxFullError'
  constructor() {
    super('too many changes wait to be published: the event log must be reachable again')
  }
}

/** Maximum size of the outbox of a store, in bytes: some 50 million ratings of bulk writes. */
export const outboxBytesMax = 1024 * 1024 * 1024

export const noProgress: FeedProgress = {
  target: undefined,
  pass: undefined,
  aggregates: { revision: 0, place: 0 },
}

/** Progress before everything. */
export function progressTo(target: string): FeedProgress {
  const pass = { place: { record: 0, userId: '' }, after: 0 }
  return { target, pass, aggregates: { revision: 0, place: 0 } }
}

/** Changes of a record, as the outbox keeps them: user ids, each followed by a value. */
type KeptRecord = readonly [
  recordType: string,
  recordId: string,
  ...changes: (string | number | null)[],
]

/**
 * Rated times of all changes of a write, in their order. They follow the records, unless no change
 * has one. Instances of the version before take them for a record without changes.
 */
type KeptTimes = readonly [ratedTimesMs: readonly (number | null)[]]

/** Returns the changes of a write as JSON. */
export function encodeChanges(edits: readonly RecordEdit<StoredRecord>[]): string {
  const times: (number | null)[] = []
  let areRated = false
  const kept: (KeptRecord | KeptTimes)[] = edits.map(({ record, scoring, ratings }) => {
    const changes: (string | number | null)[] = []
    for (const [userId, edit] of ratings) {
      if (!isWrite(edit)) continue
      const { after, ratedTimeMs } = edit
      changes.push(userId, after === undefined ? null : (scoring.scale.values[after] ?? null))
      times.push(ratedTimeMs ?? null)
      areRated ||= ratedTimeMs !== undefined
    }
    return [record.recordType, record.recordId, ...changes]
  })
  if (areRated) kept.push([times])
  return JSON.stringify(kept)
}

/** Returns the names of ratings as JSON, without values. */
export function encodeNames(states: readonly RatingState[]): string {
  const kept = states.map((one): KeptRecord => [one.recordType, one.recordId, one.userId, null])
  return JSON.stringify(kept)
}

/** Returns the ratings of a write. */
export function decodeChanges(text: string, stamp: WriteStamp): RatingState[] {
  const kept = JSON.parse(text) as (KeptRecord | KeptTimes)[]
  const last = kept.at(-1)
  const times = last !== undefined && isTimes(last) ? last[0] : []
  const states: RatingState[] = []
  for (const record of kept) {
    if (isTimes(record)) continue
    const [recordType, recordId, ...changes] = record
    for (let index = 0; index < changes.length; index += 2) {
      const userId = changes[index] as string
      const value = (changes[index + 1] as number | null) ?? undefined
      const ratedTimeMs = times[states.length] ?? undefined
      states.push({ recordType, recordId, userId, value, ratedTimeMs, ...stamp })
    }
  }
  return states
}

function isTimes(kept: KeptRecord | KeptTimes): kept is KeptTimes {
  return typeof kept[0] !== 'string'
}

/** Returns the values of a place in a database. */
export function placeValues(place: RatingPlace | 'end'): [number | null, string | null] {
  return place === 'end' ? [null, null] : [place.record, place.userId]
}
