import type { EventLog, LogRecord, TopicRetention } from '@marquee/event-log/port'

/** Records of a topic that were, and were not, removed. */
export interface ErasedRecords {
  readonly topic: string
  readonly removed: number
  /** Number of records with the id that are left. */
  readonly remaining: number
  /** Reason why some are left. Empty when none is. */
  readonly reason: string
  /**
   * Time until which the log keeps them, in milliseconds since the Unix epoch. `undefined` when none
   * is left, or the log has no limit.
   */
  readonly untilMs: number | undefined
}

/** Receipt of an erasure: counts of what was removed, and of what remains where. */
export interface ErasureReceipt {
  /** Number of deleted ratings by record type. */
  readonly ratings: ReadonlyMap<string, number>
  readonly records: readonly ErasedRecords[]
}

export interface TopicErasure {
  readonly eventLog: Pick<EventLog, 'erase' | 'retention'>
  readonly topic: string
  readonly matches: (record: LogRecord) => boolean
  /** True to keep tombstones, which report deletes to readers. */
  readonly keepsTombstones: boolean
  /** Current time, in milliseconds since the Unix epoch. */
  readonly nowMs: number
  readonly signal: AbortSignal
}

/** Erases the records that match from a topic. */
export async function eraseRecords(erasure: TopicErasure): Promise<ErasedRecords> {
  const { eventLog, topic, matches, keepsTombstones, nowMs, signal } = erasure
  let tombstones = 0
  const isErased = (record: LogRecord) => {
    if (!matches(record)) return false
    if (!keepsTombstones || record.value !== null) return true
    tombstones++
    return false
  }
  const { removed, remaining: left } = await eventLog.erase(topic, isErased, { signal })
  const remaining = left + tombstones
  if (remaining === 0) return { topic, removed, remaining, reason: '', untilMs: undefined }
  const maxAgeMs = maxAge(await eventLog.retention(topic))
  const untilMs = maxAgeMs === undefined ? undefined : nowMs + maxAgeMs
  const reason =
    left > 0
      ? 'the event log does not remove single records before their time'
      : 'tombstones report the deletes to those who read the topic'
  return { topic, removed, remaining, reason, untilMs }
}

/** Returns the maximum time that a record stays which is, or is followed by, a tombstone. */
function maxAge(retention: TopicRetention): number | undefined {
  const { retentionMs, compactionLagMaxMs, deleteRetentionMs } = retention
  const ages = [retentionMs]
  if (compactionLagMaxMs !== undefined && deleteRetentionMs !== undefined) {
    ages.push(compactionLagMaxMs + deleteRetentionMs)
  }
  const known = ages.filter((age) => age !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
