import { memoryCapabilities } from '@marquee/sql/capabilities'
import { nextRevision } from '@marquee/sql/revision'
import {
  type Aggregate,
  type AggregateState,
  aggregateOf,
  isRated,
  neverRated,
  type RatingChange,
  type RecordRef,
  recordKey,
  type StoredRating,
  type WriteStamp,
} from '../rating.ts'
import { type ScoringRules, scoringFor } from '../scoring.ts'
import {
  type Folded,
  foldChanges,
  isSameLog,
  type RecordEdit,
  requireLog,
  requirePosition,
  type StoredRecord,
} from './change-batch.ts'
import type { RatingDatabase } from './database.ts'
import { createMemoryLists, type Ratings } from './memory-lists.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import type {
  ChangeBatch,
  EventSkip,
  LogAdoption,
  StoredLog,
  StoredPosition,
  TopOptions,
} from './port.ts'
import { greatestRevision, type Restore, stampsOf } from './restore.ts'
import { createRevisionOrder } from './revision-order.ts'
import { createScoreOrder, type ScoreOrder, sliceOf } from './score-order.ts'
import { keptChanges, type Skip, userHash } from './skipped-events.ts'
import { type TopLimits, type TopSlice, topPage } from './top.ts'
import { createChangeListeners, type Written, writesBy } from './writes.ts'

export interface MemoryRatingStoreOptions {
  readonly rules: ScoringRules
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
  readonly topLimits?: TopLimits
  /** Size at which the outbox is full, in bytes. */
  readonly outboxBytesMax?: number
}

interface KeptRecord extends StoredRecord {
  /** Ratings by user id. */
  readonly ratings: Ratings
  readonly state: AggregateState
}

interface KeptLog {
  readonly identity: string | undefined
  readonly positions: Map<number, StoredPosition>
}

/** Creates a store whose ratings are lost when the process ends. */
export function createMemoryRatingStore(options: MemoryRatingStoreOptions): RatingDatabase {
  const { rules, clock = Date.now, topLimits } = options
  const records = new Map<string, KeptRecord>()
  const tops = new Map<string, ScoreOrder>()
  const byRevision = createRevisionOrder()
  const { update: updateLists, ...lists } = createMemoryLists(rules)
  const logs = new Map<string, KeptLog>()
  const skips = new Map<string, (Skip & { readonly partition: number })[]>()
  const installationId = crypto.randomUUID()
  const { notify, onChange } = createChangeListeners()
  let revision = nextRevision(0, clock())
  const outbox = createMemoryOutbox({
    clock,
    advance: () => {
      revision = nextRevision(revision, clock())
      return revision
    },
    records: () => records.values(),
    rating: ratingOf,
    ...(options.outboxBytesMax && { bytesMax: options.outboxBytesMax }),
  })

  function ratingOf({ recordType, recordId }: RecordRef, userId: string): StoredRating | undefined {
    const kept = find({ recordType, recordId }).ratings.get(userId)
    if (kept === undefined) return undefined
    const { step, ...rest } = kept
    const value = scoringFor(rules, recordType).scale.values[step] as number
    return { recordType, recordId, userId, value, ...rest }
  }

  function find(record: RecordRef): KeptRecord {
    return records.get(recordKey(record)) ?? keptRecord(new Map(), neverRated(record))
  }

  function commit({ edits, found }: Folded<KeptRecord>): Written {
    const written = edits.filter((edit) => edit.written)
    if (written.length === 0) return { found, stamp: undefined }
    const stamp = { revision: nextRevision(revision, clock()), updateTimeMs: clock() }
    outbox.add(written, stamp)
    revision = stamp.revision
    const changed = edits.filter((edit) => edit.changed)
    for (const edit of written) {
      keepRatings(edit, () => stamp)
      updateLists(edit.record, edit.stored.ratings, edit.ratings.keys())
    }
    for (const edit of changed) keepAggregate(edit, stamp)
    notify(changed.map((edit) => edit.record))
    return { found, stamp }
  }

  function keepAggregate(
    edit: Pick<RecordEdit<KeptRecord>, 'record' | 'stored' | 'histogram' | 'scoring'>,
    stamp: WriteStamp,
  ): void {
    const { stored, scoring, histogram } = edit
    const { recordType, recordId } = edit.record
    const record = { recordType, recordId }
    const order = orderOf(recordType)
    if (isRated(stored.state)) order.remove(stored.state)
    const state =
      stored.ratings.size === 0
        ? ({ ...record, count: 0, ...stamp } as const)
        : aggregateOf(record, Object.freeze(histogram), scoring, stamp)
    records.set(recordKey(record), keptRecord(stored.ratings, Object.freeze(state)))
    byRevision.add(state)
    if (isRated(state)) order.add(state)
    else if (order.isEmpty()) tops.delete(recordType)
  }

  const restore: Restore = {
    async ratings(states) {
      const stamps = stampsOf(states)
      for (const edit of foldChanges(stamps.changes, find, rules).edits) {
        const { record, stored } = edit
        if (!edit.written && stored.state.revision === 0) continue
        keepRatings(edit, (userId) => stamps.ofRating(record, userId))
        updateLists(record, stored.ratings, edit.ratings.keys())
        keepAggregate(edit, newer(stamps.ofRecord(record), stored.state))
      }
      revision = Math.max(revision, stamps.revision)
    },
    async stamps(stamps) {
      for (const { revision, updateTimeMs, ...record } of stamps) {
        const stored = find(record)
        const { histogram } = stored
        const edit = { record, stored, histogram, scoring: scoringFor(rules, record.recordType) }
        keepAggregate(edit, { revision, updateTimeMs })
      }
      revision = Math.max(revision, greatestRevision(stamps))
    },
  }

  function apply(batch: ChangeBatch): number {
    const { topic, partition, nextPosition, lastEvent } = batch
    const kept = logs.get(topic) ?? { identity: undefined, positions: new Map() }
    requireLog(kept.identity, batch)
    const position = kept.positions.get(partition)?.offset
    if (position !== batch.expectedPosition) return requirePosition(position, batch)
    commit(foldChanges(changesOf(batch), find, rules))
    kept.positions.set(partition, { partition, offset: nextPosition, lastEvent })
    logs.set(topic, { ...kept, identity: batch.log })
    endSkips(batch)
    return nextPosition
  }

  function changesOf(batch: ChangeBatch): readonly RatingChange[] {
    const { topic, partition } = batch
    const found = (skips.get(topic) ?? []).filter((skip) => skip.partition === partition)
    return keptChanges(batch, found, () => installationId)
  }

  function skipEvents({ topic, log, userId, ends }: EventSkip): void {
    const { identity, positions } = storedLog(topic)
    if ((identity ?? log) !== log) return
    const hash = userHash(installationId, userId)
    const added = ends.map((before, partition) => ({ partition, userHash: hash, before }))
    const pending = added.filter(({ partition, before }) => {
      return (positions.find((one) => one.partition === partition)?.offset ?? 0) < before
    })
    const others = (skips.get(topic) ?? []).filter((skip) => skip.userHash !== hash)
    skips.set(topic, [...others, ...pending])
  }

  function endSkips({ topic, partition, nextPosition }: ChangeBatch): void {
    const left = skips
      .get(topic)
      ?.filter((skip) => skip.partition !== partition || skip.before > nextPosition)
    if (left !== undefined) skips.set(topic, left)
  }

  function storedLog(topic: string): StoredLog {
    const { identity, positions = new Map() } = logs.get(topic) ?? {}
    const inOrder = [...positions.values()].sort((one, other) => one.partition - other.partition)
    return { identity, positions: inOrder }
  }

  function adoptLog(topic: string, { expected, identity, reset }: LogAdoption): boolean {
    if (!isSameLog(storedLog(topic), expected)) return false
    if (identity !== expected.identity) skips.delete(topic)
    const positions = reset ? new Map() : (logs.get(topic)?.positions ?? new Map())
    logs.set(topic, { identity, positions })
    return true
  }

  function orderOf(recordType: string): ScoreOrder {
    const order = tops.get(recordType) ?? createScoreOrder()
    tops.set(recordType, order)
    return order
  }

  function slice(options: TopOptions, size: number): TopSlice {
    const { entries, end } = sliceOf(tops.get(options.recordType), options, size)
    return { aggregates: entries, end }
  }

  return {
    capabilities: memoryCapabilities,
    scoring: (recordType) => scoringFor(rules, recordType),
    ...writesBy(
      async (changes, condition) => commit(foldChanges(changes, find, rules, condition)),
      lists,
    ),
    get: async (record, userId) => ratingOf(record, userId),
    aggregate: async (record) => aggregateIn(find(record)),
    aggregates: async (refs) => refs.flatMap((record) => aggregateIn(find(record)) ?? []),
    states: async (refs) => ({ states: refs.map((record) => find(record).state), revision }),
    ...lists,
    changes: async (options) => ({ ...byRevision.page(options), revision }),
    top: (options) => topPage({ slice }, options, topLimits),
    revision: async () => revision,
    onChange,
    installationId: async () => installationId,
    storedLog: async (topic) => storedLog(topic),
    adoptLog: async (topic, adoption) => adoptLog(topic, adoption),
    skipEvents: async (skip) => skipEvents(skip),
    apply: async (batch) => apply(batch),
    purge: async () => {},
    outbox,
    restore,
    async [Symbol.asyncDispose]() {},
  }
}

function newer(one: WriteStamp, { revision, updateTimeMs }: WriteStamp): WriteStamp {
  return one.revision >= revision ? one : { revision, updateTimeMs }
}

function keptRecord(ratings: Ratings, state: AggregateState): KeptRecord {
  const histogram = isRated(state) ? state.histogram : []
  return {
    ratings,
    state,
    histogram,
    step: (userId) => ratings.get(userId)?.step,
    revision: (userId) => ratings.get(userId)?.revision,
  }
}

function aggregateIn({ state }: KeptRecord): Aggregate | undefined {
  return isRated(state) ? state : undefined
}

function keepRatings(
  { stored, ratings }: RecordEdit<KeptRecord>,
  stampOf: (userId: string) => WriteStamp,
): void {
  for (const [userId, { after, ratedTimeMs }] of ratings) {
    if (after === undefined) stored.ratings.delete(userId)
    else stored.ratings.set(userId, { step: after, ratedTimeMs, ...stampOf(userId) })
  }
}
