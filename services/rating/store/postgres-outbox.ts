import type { Query } from '@marquee/sql/postgres/connection'
import type { Postgres } from '@marquee/sql/postgres/postgres'
import { beforeNul } from '@marquee/sql/postgres/text'
import type { WriteStamp } from '../rating.ts'
import { stampOf, toProgress, toRating } from './aggregate-row.ts'
import { positionValues } from './changes.ts'
import {
  decodeChanges,
  encodeNames,
  type FeedProgress,
  type Lease,
  type Outbox,
  OutboxFullError,
  type Published,
  placeValues,
  type RatingState,
  type RatingsPage,
  type Unpublished,
} from './outbox.ts'
import type { ChangePosition } from './port.ts'
import type { ReadSteps } from './postgres-lists.ts'
import { feeding } from './postgres-outbox-tables.ts'
import type { RatingPlace } from './rating-lists.ts'

export interface PostgresOutboxOptions {
  readonly db: Postgres
  readonly clock: () => number
  readonly readSteps: ReadSteps
  /** Advances the revision of the store, within a transaction. */
  readonly advance: (query: Query) => Promise<number>
  /** Repeats the write when another process has changed the rules. */
  readonly withRules: <T>(write: () => Promise<T>) => Promise<T>
}

/** Changes of a write, as JSON, and the size at which the outbox is full. */
export interface OutboxWrite extends WriteStamp {
  readonly changes: string
  readonly isRepeat: boolean
  readonly bytesMax: number
}

/** Adds a write within its transaction, when the store is published. Throws an OutboxFullError. */
export async function addToOutbox(query: Query, write: OutboxWrite): Promise<void> {
  const { revision, updateTimeMs, changes, isRepeat, bytesMax } = write
  const size = Buffer.byteLength(changes)
  const values = [revision, updateTimeMs, changes, size, isRepeat, bytesMax]
  const [added] = await query(feeding.add, values)
  if (added?.is_full === true) throw new OutboxFullError()
}

export function createPostgresOutbox(options: PostgresOutboxOptions): Outbox {
  const { db, clock, readSteps } = options

  async function isHolder(query: Query, holder: string): Promise<boolean> {
    const [row] = await query(feeding.lock)
    return row?.holder === holder && (row.lease_end_ms as number) > clock()
  }

  async function claim({ holder, durationMs }: Lease): Promise<FeedProgress | undefined> {
    const now = clock()
    const [row] = await db.transaction((query) =>
      query(feeding.claim, [holder, now + durationMs, now]),
    )
    return row && toProgress(row)
  }

  function begin(holder: string, target: string): Promise<boolean> {
    return db.transaction(async (query) => {
      // Waits for the writes that have not seen the target.
      await query(feeding.lockScoring)
      if (!(await isHolder(query, holder))) return false
      await query(feeding.begin, [target])
      return true
    })
  }

  function save({ holder, durationMs }: Lease, published: Published): Promise<boolean> {
    const { through, pass, aggregates } = published
    return db.transaction(async (query) => {
      if (!(await isHolder(query, holder))) return false
      if (through !== undefined) await query(feeding.remove, [through])
      if (pass !== undefined) {
        await query(feeding.setPass, [...placeValues(pass.place), pass.after])
      }
      if (aggregates !== undefined) await query(feeding.setAggregates, positionValues(aggregates))
      await query(feeding.extend, [clock() + durationMs])
      return true
    })
  }

  async function unpublished(countMax: number): Promise<Unpublished> {
    const ratings: RatingState[] = []
    let [from, through]: (number | undefined)[] = []
    for (;;) {
      const [row] = await db.read(feeding.next, [through ?? 0])
      if (row === undefined) break
      const stamp = stampOf(row)
      const next = decodeChanges(row.changes as string, stamp)
      if (through !== undefined && ratings.length + next.length > countMax) break
      ratings.push(...(row.is_repeat === true ? await current(next) : next))
      from ??= stamp.revision
      through = stamp.revision
    }
    return { ratings, from, through }
  }

  /** Returns the ratings as they are now. A deleted one keeps its stamp. */
  async function current(states: readonly RatingState[]): Promise<RatingState[]> {
    const keyOf = (one: RatingState) => JSON.stringify([one.recordType, one.recordId, one.userId])
    const { rows, rules } = await readSteps(feeding.ratingsOf, [
      states.map(({ recordType }) => recordType),
      states.map(({ recordId }) => recordId),
      states.map(({ userId }) => userId),
    ])
    const found = rows.map((row) => toRating(row, rules))
    const byKey = new Map(found.map((rating) => [keyOf(rating), rating]))
    return states.map((state) => byKey.get(keyOf(state)) ?? state)
  }

  async function ratings({ record, userId }: RatingPlace, limit: number): Promise<RatingsPage> {
    const { rows, rules } = await readSteps(feeding.ratings, [record, beforeNul(userId), limit])
    const last = rows.length < limit ? undefined : rows.at(-1)
    const next = last && { record: last.record_number as number, userId: last.user_id as string }
    return { ratings: rows.map((row) => toRating(row, rules)), next }
  }

  function repeat(
    ratings: readonly RatingState[],
    aggregates: ChangePosition | undefined,
  ): Promise<void> {
    return options.withRules(() =>
      db.transaction(async (query) => {
        if (ratings.length > 0) {
          const stamp = { revision: await options.advance(query), updateTimeMs: clock() }
          const changes = encodeNames(ratings)
          await addToOutbox(query, { ...stamp, changes, isRepeat: true, bytesMax: 0 })
        }
        if (aggregates !== undefined) {
          await query(feeding.returnAggregates, positionValues(aggregates))
        }
      }),
    )
  }

  return {
    claim,
    release: (holder) =>
      db.transaction(async (query) => void (await query(feeding.release, [holder]))),
    begin,
    end: () =>
      db.transaction(async (query) => {
        await query(feeding.lockScoring)
        await query(feeding.clear)
        await query(feeding.end)
      }),
    unpublished,
    ratings,
    save,
    repeat,
    size: async () => (await db.read(feeding.size))[0]?.outbox_size as number,
  }
}
