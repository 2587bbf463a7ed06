import type { AggregateState, RecordRef, StoredRating, WriteStamp } from '../rating.ts'
import type { RecordEdit, StoredRecord } from './change-batch.ts'
import {
  decodeChanges,
  encodeChanges,
  encodeNames,
  type FeedProgress,
  type Lease,
  noProgress,
  type Outbox,
  OutboxFullError,
  outboxBytesMax,
  type Published,
  progressTo,
  type RatingState,
  type RatingsPage,
  type Unpublished,
} from './outbox.ts'
import type { ChangePosition } from './port.ts'
import type { RatingPlace } from './rating-lists.ts'
import { isAfter } from './revision-order.ts'

export interface MemoryOutboxOptions {
  readonly clock: () => number
  readonly bytesMax?: number
  /** Advances the revision of the store. */
  readonly advance: () => number
  /** Returns all records, always in the same order, and new ones last. */
  readonly records: () => Iterable<{
    readonly state: AggregateState
    readonly ratings: ReadonlyMap<string, unknown>
  }>
  readonly rating: (record: RecordRef, userId: string) => StoredRating | undefined
}

export interface MemoryOutbox extends Outbox {
  /** Adds a write before it takes effect. Throws an OutboxFullError. */
  add(edits: readonly RecordEdit<StoredRecord>[], stamp: WriteStamp): void
}

interface KeptWrite extends WriteStamp {
  readonly changes: string
  readonly size: number
  readonly isRepeat: boolean
}

export function createMemoryOutbox(options: MemoryOutboxOptions): MemoryOutbox {
  const { clock, rating, bytesMax = outboxBytesMax } = options
  let writes: KeptWrite[] = []
  let size = 0
  let progress = noProgress
  let lease: { readonly holder: string; readonly endMs: number } | undefined

  function insert(encode: () => string, stamp: WriteStamp, isRepeat: boolean): void {
    if (progress.target === undefined) return
    if (size >= bytesMax && !isRepeat) throw new OutboxFullError()
    const changes = encode()
    const added = Buffer.byteLength(changes)
    writes.push({ ...stamp, changes, size: added, isRepeat })
    size += added
  }

  function isHolder(holder: string): boolean {
    return lease?.holder === holder && lease.endMs > clock()
  }

  function claim({ holder, durationMs }: Lease): FeedProgress | undefined {
    const now = clock()
    if (lease !== undefined && lease.holder !== holder && lease.endMs > now) return undefined
    lease = { holder, endMs: now + durationMs }
    return progress
  }

  function begin(holder: string, target: string): boolean {
    if (!isHolder(holder)) return false
    progress = progressTo(target)
    return true
  }

  function save({ holder, durationMs }: Lease, published: Published): boolean {
    if (!isHolder(holder)) return false
    const { through = 0, pass, aggregates = progress.aggregates } = published
    writes = writes.filter((write) => write.revision > through)
    size = writes.reduce((total, write) => total + write.size, 0)
    progress = { ...progress, pass: passAfter(pass), aggregates }
    lease = { holder, endMs: clock() + durationMs }
    return true
  }

  function passAfter(done: Published['pass']): FeedProgress['pass'] {
    if (done === undefined || done.after !== progress.pass?.after) return progress.pass
    const { place, after } = done
    return place === 'end' ? undefined : { place, after }
  }

  function unpublished(countMax: number): Unpublished {
    const ratings: RatingState[] = []
    let [from, through]: (number | undefined)[] = []
    for (const { changes, isRepeat, revision, updateTimeMs } of writes) {
      const next = decodeChanges(changes, { revision, updateTimeMs })
      if (through !== undefined && ratings.length + next.length > countMax) break
      ratings.push(...(isRepeat ? next.map((one) => rating(one, one.userId) ?? one) : next))
      from ??= revision
      through = revision
    }
    return { ratings, from, through }
  }

  function ratings(after: RatingPlace, limit: number): RatingsPage {
    const found: StoredRating[] = []
    let record = 0
    for (const { state, ratings } of options.records()) {
      record++
      if (record < after.record) continue
      const users = [...ratings.keys()].filter((id) => record > after.record || id > after.userId)
      for (const userId of users.toSorted()) {
        found.push(rating(state, userId) as StoredRating)
        if (found.length === limit) return { ratings: found, next: { record, userId } }
      }
    }
    return { ratings: found, next: undefined }
  }

  function repeat(ratings: readonly RatingState[], aggregates: ChangePosition | undefined): void {
    if (ratings.length > 0) {
      const stamp = { revision: options.advance(), updateTimeMs: clock() }
      insert(() => encodeNames(ratings), stamp, true)
    }
    if (aggregates === undefined || isAfter(aggregates, progress.aggregates)) return
    progress = { ...progress, aggregates }
  }

  return {
    add: (edits, stamp) => insert(() => encodeChanges(edits), stamp, false),
    claim: async (lease) => claim(lease),
    async release(holder) {
      if (lease?.holder === holder) lease = undefined
    },
    begin: async (holder, target) => begin(holder, target),
    async end() {
      writes = []
      size = 0
      progress = noProgress
      lease = undefined
    },
    unpublished: async (countMax) => unpublished(countMax),
    ratings: async (after, limit) => ratings(after, limit),
    save: async (lease, published) => save(lease, published),
    repeat: async (ratings, aggregates) => repeat(ratings, aggregates),
    size: async () => size,
  }
}
