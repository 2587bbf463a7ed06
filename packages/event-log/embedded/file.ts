import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { transaction, write } from '@marquee/sql/sqlite/sqlite'
import { type LogRecord, type NewRecord, RecordWithoutKeyError } from '../port.ts'
import type { Policies } from './policy.ts'
import { absentBits, headersOf, headersText, keyOf } from './record.ts'

/** Maximum size of the values of one read, in bytes. The last record may exceed it. */
const readBytesMax = 8 * 1024 * 1024
/** Maximum number of records of a partition that are removed at once. */
const pruneCountMax = 10_000

/** Position of a group in a partition, by the partition's row id. */
export interface PositionRow {
  readonly id: number
  readonly position: number
}

/** Tables of the embedded log. Every call is atomic, and synchronous except `append`. */
export interface LogFile {
  /** Returns the ids of the topic's partitions by number. Creates the topic when it is absent. */
  partitions(topic: string): readonly number[]
  append(topic: string, records: readonly NewRecord[], timestampMs: number): Promise<void>
  /** Returns the random identity that was created with the file. */
  identity(): string
  /** Returns records from the offset on, oldest first. */
  read(partitionId: number, offset: number, countMax: number): LogRecord[]
  /** Returns the offset that the next record will get. */
  end(partitionId: number): number
  /** Returns the offset of the oldest record, or of the next one when there is none. */
  oldest(partitionId: number): number
  /** Returns a number that changes when another connection has written. */
  version(): number
  groupPosition(group: string, partitionId: number): number | undefined
  setGroupPositions(group: string, positions: readonly PositionRow[], timeMs: number): void
  /**
   * Removes a bounded number of old records that every group has passed, in each partition. Returns
   * how many.
   */
  prune(olderThanMs: number): number
}

/**
 * Returns the 32-bit FNV-1a hash of the key (http://www.isthe.com/chongo/tech/comp/fnv/); no key
 * counts as an empty one. The hash modulo the number of partitions is the key's partition, so it
 * must never change.
 */
export function keyHash(key: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

export function createLogFile(
  db: DatabaseSync,
  partitionCount: number,
  policies: Pick<Policies, 'cleanup'>,
): LogFile {
  const partitions = partitionsOf(db, partitionCount)
  const endQuery = db.prepare('SELECT next_offset FROM partition WHERE id = ?')
  const oldestQuery = db.prepare('SELECT min(offset) AS offset FROM record WHERE partition_id = ?')
  const versionQuery = db.prepare('PRAGMA data_version')
  const positionQuery = db.prepare(
    'SELECT position FROM group_position WHERE group_name = ? AND partition_id = ?',
  )
  const setPosition = db.prepare('INSERT OR REPLACE INTO group_position VALUES (?, ?, ?, ?)')
  const identityQuery = db.prepare('SELECT identity FROM log')
  const end = (id: number) => endQuery.get(id)?.next_offset as number
  return {
    partitions,
    append: appender(db, partitions, policies, end),
    identity: () => `file:${identityQuery.get()?.identity}`,
    read: reader(db),
    end,
    oldest: (id) => (oldestQuery.get(id)?.offset as number | null) ?? end(id),
    version: () => versionQuery.get()?.data_version as number,
    groupPosition: (group, id) => positionQuery.get(group, id)?.position as number | undefined,
    setGroupPositions(group, positions, timeMs) {
      transaction(db, () => {
        for (const { id, position } of positions) setPosition.run(group, id, position, timeMs)
      })
    },
    prune: pruner(db, end),
  }
}

function partitionsOf(db: DatabaseSync, count: number): LogFile['partitions'] {
  const query = db.prepare('SELECT id FROM partition WHERE topic = ? ORDER BY number')
  const insert = db.prepare('INSERT INTO partition (topic, number) VALUES (?, ?)')
  const known = new Map<string, readonly number[]>()
  const stored = (topic: string) => query.all(topic).map((row) => row.id as number)
  return (topic) => {
    let ids = known.get(topic) ?? stored(topic)
    if (ids.length === 0) {
      ids = transaction(db, () => {
        // Another process may have created it meanwhile.
        if (stored(topic).length === 0) for (let n = 0; n < count; n++) insert.run(topic, n)
        return stored(topic)
      })
    }
    known.set(topic, ids)
    return ids
  }
}

function appender(
  db: DatabaseSync,
  partitions: LogFile['partitions'],
  policies: Pick<Policies, 'cleanup'>,
  end: LogFile['end'],
): LogFile['append'] {
  // Node binds bytes of length 0 as NULL.
  const insert = db.prepare(
    `INSERT INTO record (partition_id, offset, timestamp_ms, key, headers, value, absent)
     VALUES (?, ?, ?, coalesce(?, x''), ?, coalesce(?, x''), ?)`,
  )
  const setEnd = db.prepare('UPDATE partition SET next_offset = ? WHERE id = ?')
  return (topic, records, timestampMs) => {
    const ids = partitions(topic)
    const hasBare = records.some(({ key }) => key === null)
    return write(db, () => {
      if (hasBare && policies.cleanup(topic) === 'compact') {
        throw new RecordWithoutKeyError(
          `a record of the compacted topic "${topic}" has no key: give each a key`,
        )
      }
      const ends = new Map<number, number>()
      for (const { key, value, headers } of records) {
        const bytes = keyOf(key)
        const id = ids[keyHash(bytes) % ids.length] as number
        const offset = ends.get(id) ?? end(id)
        const absent = (key === null ? absentBits.key : 0) | (value === null ? absentBits.value : 0)
        const content = [bytes, headersText(headers), value ?? new Uint8Array()]
        insert.run(id, offset, timestampMs, ...content, absent)
        ends.set(id, offset + 1)
      }
      for (const [id, offset] of ends) setEnd.run(offset, id)
    })
  }
}

/**
 * Reads by `all`, and the sizes first to limit the bytes of a read: on Deno, `iterate` ends at a
 * damaged page as if there were no more rows.
 */
function reader(db: DatabaseSync): LogFile['read'] {
  const sizes = db.prepare(
    `SELECT length(value) AS size FROM record
     WHERE partition_id = ? AND offset >= ? ORDER BY offset LIMIT ?`,
  )
  const query = db.prepare(
    `SELECT offset, timestamp_ms, key, headers, value, absent FROM record
     WHERE partition_id = ? AND offset >= ? ORDER BY offset LIMIT ?`,
  )
  function countWithin(rows: readonly { readonly size?: unknown }[]): number {
    let bytes = 0
    const last = rows.findIndex(({ size }) => {
      bytes += size as number
      return bytes >= readBytesMax
    })
    return last === -1 ? rows.length : last + 1
  }
  return (id, from, countMax) => {
    const count = countWithin(sizes.all(id, from, countMax))
    return count === 0 ? [] : query.all(id, from, count).map(recordOf)
  }
}

function recordOf(row: Record<string, SQLOutputValue>): LogRecord {
  const absent = row.absent as number
  return {
    offset: row.offset as number,
    key: absent & absentBits.key ? null : keyOf(row.key as string | Uint8Array),
    value: absent & absentBits.value ? null : (row.value as Uint8Array),
    headers: headersOf(row.headers as string | null),
    timestampMs: row.timestamp_ms as number,
  }
}

function pruner(db: DatabaseSync, end: LogFile['end']): LogFile['prune'] {
  const everyPartition = db.prepare(
    `SELECT id FROM partition LEFT JOIN topic ON topic.name = partition.topic
     WHERE topic.cleanup IS NOT 'compact'`,
  )
  const passedQuery = db.prepare(
    'SELECT min(position) AS position FROM group_position WHERE partition_id = ?',
  )
  const oldestQuery = db.prepare(
    'SELECT offset, timestamp_ms FROM record WHERE partition_id = ? ORDER BY offset LIMIT 1',
  )
  const remove = db.prepare(
    'DELETE FROM record WHERE partition_id = ? AND offset >= ? AND offset < ? AND timestamp_ms < ?',
  )
  return (olderThanMs) => {
    let count = 0
    for (const { id } of everyPartition.all() as { id: number }[]) {
      const oldest = oldestQuery.get(id) as { offset: number; timestamp_ms: number } | undefined
      if (oldest === undefined || oldest.timestamp_ms >= olderThanMs) continue
      const passed = (passedQuery.get(id)?.position as number | null) ?? end(id)
      const until = Math.min(passed, oldest.offset + pruneCountMax)
      count += Number(remove.run(id, oldest.offset, until, olderThanMs).changes)
    }
    return count
  }
}
