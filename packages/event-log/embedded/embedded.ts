import { setImmediate } from 'node:timers/promises'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import { closeSqlite, openSqlite } from '@marquee/sql/sqlite/sqlite'
import { countMatching } from '../count-matching.ts'
import {
  type ConsumeOptions,
  type Consumption,
  type EventLog,
  type EventLogCapabilities,
  type LogRecord,
  type NewRecord,
  RecordTooLargeError,
} from '../port.ts'
import { bytesOfHeaders } from '../record-headers.ts'
import { startCleaner } from './cleaner.ts'
import { createCompaction } from './compaction.ts'
import { createEraser } from './erasure.ts'
import { createLogFile } from './file.ts'
import { createGroup, type Group, type Member } from './group.ts'
import { createLease } from './lease.ts'
import { createPolicies } from './policy.ts'
import { logSchema } from './schema.ts'

/** Maximum number of partitions of a topic. */
const partitionsMax = 256
/**
 * Maximum size of a record's value, and of its key with its headers, in bytes: Kafka's default of
 * `message.max.bytes`.
 */
const valueBytesMax = 1024 * 1024
/**
 * Maximum number of records that one transaction appends. More are split, so that other processes
 * can write in between.
 */
const transactionCountMax = 5_000

/** Name of the right to compact the file, among the leases. No topic has an empty name. */
const cleanerLease = { group: 'compaction', topic: '' }

const dayMs = 24 * 60 * 60 * 1_000
/**
 * Time after which an append lets the event loop turn, in milliseconds: a caller that appends in a
 * loop would stop everything else, compaction too.
 */
const turnIntervalMs = 20

const weekMs = 7 * dayMs

export const fileCapabilities: EventLogCapabilities = {
  durable: true,
  shared: 'machine',
  partitions: true,
  ordering: 'key',
  groups: true,
  erases: true,
}
export const memoryCapabilities: EventLogCapabilities = {
  ...fileCapabilities,
  durable: false,
  shared: 'process',
}

export interface EmbeddedEventLogOptions {
  /** Path of the SQLite file, or `:memory:` for a log that ends with the process. */
  readonly path: string
  /** Number of partitions of a new topic, 1 to 256. An existing topic keeps its number. */
  readonly partitions: number
  /**
   * Time that records of topics that are not compacted are kept, in milliseconds. Default: 7 days.
   */
  readonly retentionMs?: number
  /**
   * Age from which on a replaced record of a compacted topic is removed even when there are few of
   * them, in milliseconds. Default: 24 hours.
   */
  readonly compactionLagMaxMs?: number
  /**
   * Time that a tombstone stays after what it deletes, in milliseconds. Default: 24 hours, as
   * Kafka's `delete.retention.ms`.
   */
  readonly deleteRetentionMs?: number
  /**
   * Interval at which a consumer looks for records of other processes, in milliseconds. Default:
   * 25.
   */
  readonly pollIntervalMs?: number
  /**
   * Interval at which compacted topics are examined, in milliseconds. Default: 1,000.
   */
  readonly compactionIntervalMs?: number
  /** Wall clock, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
  /** Monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly monotonic?: () => number
  /** Receives failures of the file. */
  readonly faults?: SqliteFaults
  /** True to check the file when the last process did not close it. Default: false. */
  readonly checked?: boolean
}

/**
 * Creates a durable log in an SQLite file, for the processes of one host.
 *
 * - The partition of a key is its FNV-1a hash modulo the number of partitions. Offsets have gaps
 *   only where records were compacted or erased.
 * - A value has at most 1 MiB. A batch or a read ends early at 8 MiB of values. Large appends are
 *   split into transactions of 5,000 records.
 * - The consumers of a group in one process share the partitions. Only one process at a time
 *   consumes a topic for a group, by a lease in the file. The others have no partitions until the
 *   lease is released, or its holder has died. A holder that died on the same host is noticed
 *   within 250 ms. Any other (in another container, or with a reused process id) is noticed within
 *   5 s, when the lease expires, or has not been renewed for that long, whatever the holder's clock
 *   says.
 * - A process that hangs for longer loses the lease. When it continues, it may finish a batch that
 *   the next holder also handles: what `handle` writes must be guarded by its position.
 * - A failed step is repeated after 0.1 s, 0.2 s … 10 s, with jitter. A repeated batch may have
 *   more records.
 * - A consumer's last batch may take 10 s. Afterwards disposal rejects.
 * - A partition of a compacted topic is compacted in the background when half of its records, at
 *   least 1,000, are new since its last pass, or one of them is older than `compactionLagMaxMs`. One
 *   process at a time compacts, in steps of some 10 ms. It is safe to kill it. Records without a key
 *   from before the topic was compacted stay.
 * - A tombstone stays for `deleteRetentionMs` from when everything that it deletes was removed, and
 *   until every group has passed it.
 * - `erase` removes records, then rebuilds the file in a thread: no byte of them is in the file or
 *   its write-ahead log. Others cannot write during the rebuild, a second for some hundred
 *   megabytes, which needs as much free disk as the file twice. Copies of the file keep them.
 * - Records older than `retentionMs` that every group has passed are removed while a group
 *   consumes, from topics that are not compacted. The position of a group is kept for ever, so records that an abandoned group never
 *   read stay.
 * - Each call reads and writes the file synchronously. An append waits up to 5 s for the write of
 *   another process.
 */
export function createEmbeddedEventLog(options: EmbeddedEventLogOptions): EventLog {
  const { path, partitions, retentionMs = weekMs, pollIntervalMs = 25 } = options
  const { compactionLagMaxMs = dayMs, deleteRetentionMs = dayMs } = options
  const { clock = Date.now, monotonic } = options
  requireCount('partitions', partitions, partitionsMax)
  const owner = crypto.randomUUID()
  const db = openSqlite(path, logSchema, options)
  const policies = createPolicies(db)
  const file = createLogFile(db, partitions, policies)
  const eraser = createEraser(db, path)
  const timing = { clock, ...(monotonic && { monotonic }) }
  const cleaner = startCleaner({
    compaction: createCompaction(db),
    lease: createLease({ db, ...cleanerLease, owner, ...timing }),
    compactionLagMaxMs,
    deleteRetentionMs,
    intervalMs: options.compactionIntervalMs ?? 1_000,
    clock,
  })
  const groups = new Map<string, Group>()
  const consumptions = new Set<Consumption>()
  let closing: Promise<void> | undefined
  let turnedMs = performance.now()

  function groupOf(topic: string, group: string): Group {
    const name = JSON.stringify([topic, group])
    const known = groups.get(name)
    if (known) return known
    const lease = createLease({ db, group, topic, owner, ...timing })
    const times = { pollIntervalMs, retentionMs, clock }
    const created = createGroup({ topic, group, file, lease, ...times })
    groups.set(name, created)
    return created
  }

  function startConsumption(options: ConsumeOptions): Consumption {
    const group = groupOf(options.topic, options.group)
    const member: Member = { options, lastPollTimeMs: undefined }
    let disposed: Promise<void> | undefined
    const consumption: Consumption = {
      progress: () => group.progress(member),
      lastPollTimeMs: () => member.lastPollTimeMs,
      restarts: () => 0,
      failure: () => undefined,
      waitsFor: () => group.waitsFor(),
      [Symbol.asyncDispose]() {
        disposed ??= group.leave(member).finally(() => consumptions.delete(consumption))
        return disposed
      },
    }
    group.join(member)
    consumptions.add(consumption)
    return consumption
  }

  async function close(): Promise<void> {
    const leaving = Array.from(consumptions, (consumption) => consumption[Symbol.asyncDispose]())
    await Promise.allSettled([...leaving, cleaner[Symbol.asyncDispose]()])
    closeSqlite(db)
    await Promise.all(leaving)
  }

  const eventLog: EventLog = {
    capabilities: path === ':memory:' ? memoryCapabilities : fileCapabilities,
    async append(topic, records) {
      if (!db.isOpen) throw new Error('the event log is closed')
      requireSmallValues(records)
      file.partitions(topic)
      for (let start = 0; start < records.length; start += transactionCountMax) {
        if (start > 0) await setImmediate()
        await file.append(topic, records.slice(start, start + transactionCountMax), clock())
        for (const group of groups.values()) group.wake()
      }
      if (performance.now() - turnedMs < turnIntervalMs) return
      await setImmediate()
      turnedMs = performance.now()
    },
    async ensureTopic(topic, { cleanup }) {
      if (!db.isOpen) throw new Error('the event log is closed')
      file.partitions(topic)
      await policies.set(topic, cleanup)
    },
    async retention(topic) {
      if (!db.isOpen) throw new Error('the event log is closed')
      file.partitions(topic)
      const cleanup = policies.cleanup(topic)
      const [age, replaced] = [{ retentionMs }, { compactionLagMaxMs, deleteRetentionMs }]
      const none = { retentionMs: undefined, compactionLagMaxMs: undefined }
      const absent = { ...none, deleteRetentionMs: undefined }
      return { cleanup, ...absent, ...(cleanup === 'compact' ? replaced : age) }
    },
    async erase(topic, matches, eraseOptions) {
      const ids = file.partitions(topic)
      const onMatches = (partition: number, matching: readonly LogRecord[]) =>
        eraser.remove(ids[partition] as number, matching)
      const removed = await countMatching(eventLog, topic, matches, { ...eraseOptions, onMatches })
      await eraser.rebuild()
      return { removed, remaining: 0 }
    },
    async identity() {
      if (!db.isOpen) throw new Error('the event log is closed')
      return file.identity()
    },
    async ends(topic) {
      if (!db.isOpen) throw new Error('the event log is closed')
      return file.partitions(topic).map((id) => file.end(id))
    },
    async read(topic, { partition, offset, countMax }) {
      if (!db.isOpen) throw new Error('the event log is closed')
      requireCount('countMax', countMax, Number.MAX_SAFE_INTEGER)
      const id = file.partitions(topic)[partition]
      if (id === undefined) return undefined
      const oldest = file.oldest(id)
      const records = file.read(id, offset, countMax)
      return { records, oldest, end: file.end(id) }
    },
    async consume(options) {
      if (closing) throw new Error('the event log is closed')
      requireCount('batchSizeMax', options.batchSizeMax, Number.MAX_SAFE_INTEGER)
      file.partitions(options.topic)
      return startConsumption(options)
    },
    [Symbol.asyncDispose]() {
      closing ??= close()
      return closing
    },
  }
  return eventLog
}

function requireCount(name: string, count: number, max: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= max) return
  throw new RangeError(`${name} must be a whole number from 1 to ${max}; got ${count}`)
}

function requireSmallValues(records: readonly NewRecord[]): void {
  for (const { key, value, headers = [] } of records) {
    const keyBytes = key === null ? 0 : Buffer.byteLength(key)
    requireSmall('a value', value?.length ?? 0)
    requireSmall('a key and its headers', keyBytes + bytesOfHeaders(headers))
  }
}

function requireSmall(what: string, length: number): void {
  if (length <= valueBytesMax) return
  throw new RecordTooLargeError(`${what} must have at most ${valueBytesMax} bytes; got ${length}`)
}
