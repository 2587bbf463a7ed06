import { nextRevision } from '../../../platform/revision/revision.ts'
import { compareCodePoints } from '../../../platform/text/code-points.ts'
import {
  type Aggregate,
  aggregateOf,
  type Prior,
  type RatingChange,
  type RecordRef,
  recordKey,
} from '../rating.ts'
import {
  type Folded,
  foldChanges,
  isSameLog,
  type RecordEdit,
  requireLog,
  requirePosition,
  type StoredRecord,
} from './change-batch.ts'
import type {
  ChangeBatch,
  ChangeSink,
  LogAdoption,
  RatingStore,
  StoredLog,
  StoredPosition,
  TopOptions,
  TopPosition,
} from './port.ts'

export interface MemoryRatingStoreOptions {
  readonly prior: Prior
  /** Milliseconds since the Unix epoch. */
  readonly clock?: () => number
}

type Ratings = Map<string, { readonly value: number; readonly updateTimeMs: number }>

interface KeptRecord extends StoredRecord {
  /** By user id. */
  readonly ratings: Ratings
  /** Undefined when nobody has rated the record. */
  readonly aggregate: Aggregate | undefined
}

interface KeptLog {
  readonly identity: string | undefined
  readonly positions: Map<number, StoredPosition>
}

/** Ratings that end with the process. */
export function createMemoryRatingStore(
  options: MemoryRatingStoreOptions,
): RatingStore & ChangeSink {
  const { prior, clock = Date.now } = options
  const records = new Map<string, KeptRecord>()
  const tops = new Map<string, Aggregate[]>()
  const logs = new Map<string, KeptLog>()
  const installationId = crypto.randomUUID()
  const listeners = new Set<(records: readonly RecordRef[]) => void>()
  let revision = nextRevision(0, clock())

  function find(record: RecordRef): KeptRecord {
    return records.get(recordKey(record)) ?? keptRecord(new Map(), undefined)
  }

  function write(changes: readonly RatingChange[]): readonly boolean[] {
    return commit(foldChanges(changes, find))
  }

  function commit({ edits, found }: Folded<KeptRecord>): readonly boolean[] {
    const changed = edits.filter((edit) => edit.changed)
    if (changed.length > 0) revision = nextRevision(revision, clock())
    const updateTimeMs = clock()
    for (const edit of edits) keepRatings(edit, updateTimeMs)
    for (const edit of changed) keepAggregate(edit)
    notify(changed.map((edit) => edit.record))
    return found
  }

  function keepAggregate({ record, stored, histogram }: RecordEdit<KeptRecord>): void {
    tops.delete(record.recordType)
    if (stored.ratings.size === 0) {
      records.delete(recordKey(record))
    } else {
      const aggregate = aggregateOf(record, Object.freeze(histogram), prior, revision)
      records.set(recordKey(record), keptRecord(stored.ratings, Object.freeze(aggregate)))
    }
  }

  function notify(changed: readonly RecordRef[]): void {
    if (changed.length > 0) for (const listener of listeners) listener(changed)
  }

  function apply(batch: ChangeBatch): number {
    const { topic, partition, nextPosition, lastEvent } = batch
    const kept = logs.get(topic) ?? { identity: undefined, positions: new Map() }
    requireLog(kept.identity, batch)
    const position = kept.positions.get(partition)?.offset
    if (position !== batch.expectedPosition) return requirePosition(position, batch)
    const folded = foldChanges(batch.changes, find)
    kept.positions.set(partition, { partition, offset: nextPosition, lastEvent })
    logs.set(topic, { ...kept, identity: batch.log })
    commit(folded)
    return nextPosition
  }

  function storedLog(topic: string): StoredLog {
    const { identity, positions = new Map() } = logs.get(topic) ?? {}
    const inOrder = [...positions.values()].sort((one, other) => one.partition - other.partition)
    return { identity, positions: inOrder }
  }

  function adoptLog(topic: string, { expected, identity, reset }: LogAdoption): boolean {
    if (!isSameLog(storedLog(topic), expected)) return false
    const positions = reset ? new Map() : (logs.get(topic)?.positions ?? new Map())
    logs.set(topic, { identity, positions })
    return true
  }

  function inOrder(recordType: string): readonly Aggregate[] {
    const known = tops.get(recordType)
    if (known !== undefined) return known
    const all = [...records.values()].flatMap(({ aggregate }) => aggregate ?? [])
    const ofType = all.filter((aggregate) => aggregate.recordType === recordType)
    tops.set(recordType, ofType.sort(comparePositions))
    return ofType
  }

  function top({ recordType, countMin, limit, after }: TopOptions): Aggregate[] {
    const found: Aggregate[] = []
    for (const aggregate of inOrder(recordType)) {
      if (found.length >= limit) break
      if (aggregate.count < countMin) continue
      if (after === undefined || comparePositions(aggregate, after) > 0) found.push(aggregate)
    }
    return found
  }

  return {
    durable: false,
    async put(ratings) {
      const found = write(ratings.map((rating) => ({ ...rating, kind: 'put' })))
      return found.map((replaced) => (replaced ? 'replaced' : 'created'))
    },
    delete: async (record, userId) => write([{ ...record, userId, kind: 'delete' }])[0] === true,
    async get({ recordType, recordId }, userId) {
      const kept = find({ recordType, recordId }).ratings.get(userId)
      return kept && { recordType, recordId, userId, ...kept }
    },
    aggregate: async (record) => find(record).aggregate,
    aggregates: async (refs) => refs.flatMap((record) => find(record).aggregate ?? []),
    top: async (options) => top(options),
    revision: async () => revision,
    onChange(listener) {
      const call = (changed: readonly RecordRef[]) => listener(changed)
      listeners.add(call)
      return () => listeners.delete(call)
    },
    installationId: async () => installationId,
    position: async (topic, partition) => logs.get(topic)?.positions.get(partition)?.offset,
    storedLog: async (topic) => storedLog(topic),
    adoptLog: async (topic, adoption) => adoptLog(topic, adoption),
    apply: async (batch) => apply(batch),
    async [Symbol.asyncDispose]() {},
  }
}

function keptRecord(ratings: Ratings, aggregate: Aggregate | undefined): KeptRecord {
  const histogram = aggregate?.histogram ?? [0, 0, 0, 0, 0]
  return { ratings, aggregate, histogram, value: (userId) => ratings.get(userId)?.value }
}

function keepRatings({ stored, ratings }: RecordEdit<KeptRecord>, updateTimeMs: number): void {
  for (const [userId, { after }] of ratings) {
    if (after === undefined) stored.ratings.delete(userId)
    else stored.ratings.set(userId, { value: after, updateTimeMs })
  }
}

function comparePositions(a: TopPosition, b: TopPosition): number {
  return b.bayesianScore - a.bayesianScore || compareCodePoints(a.recordId, b.recordId)
}
