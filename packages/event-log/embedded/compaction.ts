import type { DatabaseSync } from 'node:sqlite'
import { write } from '@marquee/sql/sqlite/sqlite'
import { absentBits } from './record.ts'

/**
 * Maximum number and size of the keys that one pass compares, in bytes. They are in memory. A pass
 * with more of them ends there, and another one follows.
 */
const passKeysMax = 250_000
const passKeyBytesMax = 16 * 1024 * 1024

/** Partition of a compacted topic. */
export interface CompactedPartition {
  readonly id: number
  /** Offset that the next record will get. */
  readonly end: number
  /** Offset up to which each key has one record. */
  readonly cleanEnd: number
  /** Number of records that the last pass left before `cleanEnd`. */
  readonly cleanCount: number
}

/** Result of a step. */
export interface Step {
  /** Offset to continue with. */
  readonly next: number
  /** Number of records that the step left. */
  readonly kept: number
}

/**
 * Statements of a compaction pass. It has two parts. The first collects the last offset of each key
 * among the records that are new since the last pass. The second goes through the partition from
 * its oldest record, and removes each record that has a later one. Each step is atomic, and a pass
 * that does not finish leaves a correct log: what it removes has a later record with the same key.
 */
export interface Compaction {
  partitions(): CompactedPartition[]
  /** Returns the time of the oldest record from the offset on, or `undefined` for none. */
  timeMs(partitionId: number, offset: number): number | undefined
  /** Begins a pass. */
  begin(): void
  /**
   * Collects the keys of a bounded number of records, as far as `end`. Returns the offset to
   * continue with, and whether the pass has all keys that it can compare.
   */
  collect(partitionId: number, from: number, end: number, countMax: number): Collected
  /** Removes replaced records among a bounded number of them, as far as `end`. */
  sweep(partition: CompactedPartition, from: number, end: number, bounds: Bounds): Promise<Step>
  /** Saves that the pass has cleaned the partition up to `end`. */
  finish(partitionId: number, end: number, keptCount: number): Promise<void>
  /** Returns whether `dropTombstones` would remove any. */
  hasDueTombstone(partitionId: number, timeMs: number): boolean
  /**
   * Removes a bounded number of tombstones that are as old as the time, and that every group has
   * passed. Returns how many.
   */
  dropTombstones(partitionId: number, timeMs: number, countMax: number): Promise<number>
}

export interface Bounds {
  readonly countMax: number
  readonly nowMs: number
}

export interface Collected {
  readonly next: number
  readonly isFull: boolean
}

/** Records of one step. */
interface Range {
  /** Offset of the last record. `null` when there is none. */
  readonly last: number | null
  readonly count: number
  readonly keyBytes: number
}

/** A step that a crash undoes is done again. */
const replaceable = { durable: false }

const hasKey = `absent & ${absentBits.key} = 0`

export function createCompaction(db: DatabaseSync): Compaction {
  // In memory, of this connection. Earlier versions of this program stored keys as text.
  db.exec('CREATE TEMP TABLE last_offset (key BLOB PRIMARY KEY, offset INTEGER) WITHOUT ROWID')
  const partitions = db.prepare(
    `SELECT partition.id, next_offset AS end, coalesce(clean_end, 0) AS cleanEnd,
       coalesce(clean_count, 0) AS cleanCount
     FROM topic JOIN partition ON topic = name LEFT JOIN compaction ON partition_id = partition.id
     WHERE cleanup = 'compact'`,
  )
  const time = db.prepare(
    'SELECT timestamp_ms FROM record WHERE partition_id = ? AND offset >= ? ORDER BY offset LIMIT 1',
  )
  const finish = db.prepare(
    `INSERT INTO compaction VALUES (?, ?, ?) ON CONFLICT DO UPDATE
     SET clean_end = excluded.clean_end, clean_count = excluded.clean_count
     WHERE excluded.clean_end > clean_end`,
  )
  const ranges = rangesOf(db)
  return {
    partitions: () => partitions.all() as unknown as CompactedPartition[],
    timeMs: (id, offset) => time.get(id, offset)?.timestamp_ms as number | undefined,
    ...collector(db, ranges),
    sweep: sweeper(db, ranges),
    async finish(id, end, keptCount) {
      await write(db, () => finish.run(id, end, keptCount), replaceable)
    },
    ...tombstoneDropper(db),
  }
}

type Ranges = (partitionId: number, from: number, end: number, countMax: number) => Range

function rangesOf(db: DatabaseSync): Ranges {
  const query = db.prepare(
    `SELECT max(offset) AS last, count(*) AS count, total(length(key)) AS keyBytes FROM (
       SELECT offset, key FROM record WHERE partition_id = ? AND offset >= ? AND offset < ?
       ORDER BY offset LIMIT ?)`,
  )
  return (id, from, end, countMax) => query.get(id, from, end, countMax) as unknown as Range
}

function nextOf({ last, count }: Range, end: number, countMax: number): number {
  return last === null || count < countMax ? end : last + 1
}

function collector(db: DatabaseSync, ranges: Ranges): Pick<Compaction, 'begin' | 'collect'> {
  const clear = db.prepare('DELETE FROM temp.last_offset')
  const collected = db.prepare(
    'SELECT count(*) AS count, total(length(key)) AS bytes FROM temp.last_offset',
  )
  const collect = db.prepare(
    `INSERT OR REPLACE INTO temp.last_offset SELECT CAST(key AS BLOB), offset FROM record
     WHERE partition_id = ? AND offset BETWEEN ? AND ? AND ${hasKey} ORDER BY offset`,
  )
  /** Upper bounds of what is collected. */
  const bounds = { count: 0, bytes: 0 }
  const exceeds = (part: number) =>
    bounds.count >= passKeysMax * part || bounds.bytes >= passKeyBytesMax * part
  return {
    begin() {
      clear.run()
      Object.assign(bounds, { count: 0, bytes: 0 })
    },
    collect(id, from, end, countMax) {
      const range = ranges(id, from, end, countMax)
      if (range.last !== null) collect.run(id, from, range.last)
      bounds.count += range.count
      bounds.bytes += range.keyBytes
      // Keys may repeat: then there are fewer.
      const isFull = exceeds(1)
      if (isFull) Object.assign(bounds, collected.get())
      return { next: nextOf(range, end, countMax), isFull: isFull && exceeds(0.5) }
    },
  }
}

function sweeper(db: DatabaseSync, ranges: Ranges): Compaction['sweep'] {
  const isCompacted = db.prepare(
    `SELECT 1 FROM partition JOIN topic ON name = topic WHERE id = ? AND cleanup = 'compact'`,
  )
  const remove = db.prepare(
    `DELETE FROM record WHERE partition_id = ? AND offset BETWEEN ? AND ? AND ${hasKey}
     AND offset < (SELECT last_offset.offset FROM temp.last_offset
                   WHERE last_offset.key = CAST(record.key AS BLOB))`,
  )
  // Everything that these tombstones delete had a lower offset, and is removed.
  const mark = db.prepare(
    `INSERT OR IGNORE INTO tombstone SELECT partition_id, offset, ? FROM record
     WHERE partition_id = ? AND offset BETWEEN ? AND ? AND ${hasKey}
     AND absent & ${absentBits.value} != 0`,
  )
  return ({ id, cleanEnd }, from, end, { countMax, nowMs }) =>
    write(
      db,
      () => {
        const range = ranges(id, from, end, countMax)
        if (range.last === null || isCompacted.get(id) === undefined) {
          return { next: end, kept: 0 }
        }
        const removed = Number(remove.run(id, from, range.last).changes)
        if (range.last >= cleanEnd) mark.run(nowMs, id, Math.max(from, cleanEnd), range.last)
        return { next: nextOf(range, end, countMax), kept: range.count - removed }
      },
      replaceable,
    )
}

function tombstoneDropper(
  db: DatabaseSync,
): Pick<Compaction, 'hasDueTombstone' | 'dropTombstones'> {
  const passedQuery = db.prepare(
    'SELECT min(position) AS position FROM group_position WHERE partition_id = ?',
  )
  const oldest = db.prepare(
    `SELECT offset, clean_time_ms FROM tombstone WHERE partition_id = ? AND offset < ?
     ORDER BY offset LIMIT ?`,
  )
  const removeRecord = db.prepare('DELETE FROM record WHERE partition_id = ? AND offset = ?')
  const removeRow = db.prepare('DELETE FROM tombstone WHERE partition_id = ? AND offset = ?')
  function offsetsDue(id: number, timeMs: number, countMax: number): number[] {
    const passed = (passedQuery.get(id)?.position as number | null) ?? Number.MAX_SAFE_INTEGER
    const rows = oldest.all(id, passed, countMax)
    return rows.flatMap((row) =>
      (row.clean_time_ms as number) <= timeMs ? [row.offset as number] : [],
    )
  }
  return {
    hasDueTombstone: (id, timeMs) => offsetsDue(id, timeMs, 1).length > 0,
    dropTombstones: (id, timeMs, countMax) =>
      write(
        db,
        () => {
          const offsets = offsetsDue(id, timeMs, countMax)
          for (const offset of offsets) {
            removeRecord.run(id, offset)
            removeRow.run(id, offset)
          }
          return offsets.length
        },
        replaceable,
      ),
  }
}
