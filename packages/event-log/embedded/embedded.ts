import { setImmediate } from 'node:timers/promises'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import { closeSqlite, openSqlite } from '@marquee/sql/sqlite/sqlite'
import {
  type ConsumeOptions,
  type Consumption,
  type EventLog,
  type EventLogCapabilities,
  type NewRecord,
  RecordTooLargeError,
} from '../port.ts'
import { bytesOfHeaders } from '../record-headers.ts'
import { createLogFile, logSchema } from './file.ts'
import { createGroup, type Group, type Member } from './group.ts'
import { createLease } from './lease.ts'

/** How many partitions a topic has at most. */
const partitionsMax = 256
/** Bytes of a record's value at most, and of its key with its headers: Kafka's default of `message.max.bytes`. */
const valueBytesMax = 1024 * 1024
/** How many records one transaction appends; more are split, so that other processes get their turn. */
const transactionCountMax = 5_000

const weekMs = 7 * 24 * 60 * 60 * 1_000

export const fileCapabilities: EventLogCapabilities = {
  durable: true,
  shared: 'machine',
  partitions: true,
  ordering: 'key',
  groups: true,
}
export const memoryCapabilities: EventLogCapabilities = {
  ...fileCapabilities,
  durable: false,
  shared: 'process',
}

export interface EmbeddedEventLogOptions {
  /** The SQLite file; `:memory:` for a log that ends with the process. */
  readonly path: string
  /** How many partitions a new topic gets, 1 to 256. A topic that exists keeps its number. */
  readonly partitions: number
  /** How long records are kept, in milliseconds; 7 days by default. */
  readonly retentionMs?: number
  /** How often a consumer looks for what other processes appended, in milliseconds; 25 by default. */
  readonly pollIntervalMs?: number
  /** Milliseconds since the Unix epoch. */
  readonly clock?: () => number
  /** Milliseconds since any time, whatever is done to the clock. */
  readonly monotonic?: () => number
  /** 0 to 1, for the jitter of back-offs. */
  readonly random?: () => number
  readonly newId?: () => string
  /** Where failures of the file are reported. */
  readonly faults?: SqliteFaults
  /** Whether the file is looked through when the last process did not close it; not by default. */
  readonly checked?: boolean
}

/**
 * A durable log in an SQLite file, for the processes of one host.
 *
 * - A key's partition is its FNV-1a hash modulo the number of partitions. Offsets are dense.
 * - Values are at most 1 MiB. A batch, or what is read, ends early at 8 MiB of values. Large appends are split into transactions of 5,000
 *   records.
 * - The consumers of a group in one process share the partitions. Of several processes one consumes for a group and
 *   topic, by a lease in the file; the others have no partitions until it is released, or its holder has died. A
 *   holder that is gone from the same host is noticed within 250 ms; any other (another container, a reused process
 *   id) within 5 s, when the lease expires, or has not been renewed for so long, whatever the holder's clock was.
 * - A process that hangs longer than that loses the lease and may, when it wakes, still be finishing a batch that the
 *   next one also has: what `handle` writes has to be guarded by its position.
 * - A failed step is repeated after 0.1 s, 0.2 s … 10 s, jittered; a repeated batch may have grown at its end.
 * - A leaving consumer's batch may take 10 s; then disposal rejects.
 * - Records older than `retentionMs` that every group has passed are removed while a group consumes. A group's position
 *   is kept for that, for ever: records that an abandoned group never read stay.
 * - Each call does its work in the file synchronously. An append waits up to 5 s for another process's write.
 */
export function createEmbeddedEventLog(options: EmbeddedEventLogOptions): EventLog {
  const { path, partitions, retentionMs = weekMs, pollIntervalMs = 25 } = options
  const { monotonic } = options
  const { clock = Date.now, random = Math.random, newId = () => crypto.randomUUID() } = options
  requireCount('partitions', partitions, partitionsMax)
  const db = openSqlite(path, logSchema, options)
  const file = createLogFile(db, partitions)
  const owner = newId()
  const groups = new Map<string, Group>()
  const consumptions = new Set<Consumption>()
  let closing: Promise<void> | undefined

  function groupOf(topic: string, group: string): Group {
    const name = JSON.stringify([topic, group])
    const known = groups.get(name)
    if (known) return known
    const lease = createLease({ db, group, topic, owner, clock, ...(monotonic && { monotonic }) })
    const timing = { pollIntervalMs, retentionMs, clock, random }
    const created = createGroup({ topic, group, file, lease, ...timing })
    groups.set(name, created)
    return created
  }

  function startConsumption(options: ConsumeOptions): Consumption {
    const group = groupOf(options.topic, options.group)
    const member: Member = { options, lastPollTimeMs: undefined }
    let left: Promise<void> | undefined
    const consumption: Consumption = {
      progress: () => group.progress(member),
      lastPollTimeMs: () => member.lastPollTimeMs,
      restarts: () => 0,
      failure: () => undefined,
      waitsFor: () => group.waitsFor(),
      [Symbol.asyncDispose]() {
        left ??= group.leave(member).finally(() => consumptions.delete(consumption))
        return left
      },
    }
    group.join(member)
    consumptions.add(consumption)
    return consumption
  }

  async function close(): Promise<void> {
    const leaving = Array.from(consumptions, (consumption) => consumption[Symbol.asyncDispose]())
    await Promise.allSettled(leaving)
    closeSqlite(db)
    await Promise.all(leaving)
  }

  return {
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
}

function requireCount(name: string, count: number, max: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= max) return
  throw new RangeError(`${name} is ${count}; it has to be a whole number from 1 to ${max}`)
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
  throw new RecordTooLargeError(`${what} has ${length} bytes; at most ${valueBytesMax} are taken`)
}
