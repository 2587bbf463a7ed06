import { setTimeout as delay } from 'node:timers/promises'
import { SqliteError } from '@marquee/sql/sqlite/error'
import type { CompactedPartition, Compaction } from './compaction.ts'
import type { Lease } from './lease.ts'
import { createPace } from './pace.ts'

/** Number of new records in a partition from which on it is compacted, if that is half of it. */
const dirtyCountMin = 1_000
/** Number of new records for each older one from which on the cleaner does not pause. */
const behindFactor = 4
/** Maximum number of tombstones that one step removes. */
const dropCountMax = 500
/** Interval at which the lease is renewed, in milliseconds. */
const renewalIntervalMs = 1_500

export interface CleanerOptions {
  readonly compaction: Compaction
  /** Right to compact the file, which one process has at a time. */
  readonly lease: Lease
  readonly compactionLagMaxMs: number
  readonly deleteRetentionMs: number
  /** Interval at which the cleaner looks for work, in milliseconds. */
  readonly intervalMs: number
  readonly clock: () => number
}

/** Compacts the compacted topics of the file. Disposing it stops after the step in flight. */
export interface Cleaner extends AsyncDisposable {}

/**
 * Starts to compact in the background. A partition is due when half of its records are new since
 * its last pass, or when one of them is older than `compactionLagMaxMs`. After each step, the
 * cleaner pauses for as long as the step took, so that it uses at most half of the event loop. It
 * does not pause where four times as many records are new as the last pass left.
 */
export function startCleaner(options: CleanerOptions): Cleaner {
  const { compaction, lease, compactionLagMaxMs, deleteRetentionMs, clock } = options
  const pace = createPace()
  let isStopped = false
  let running: Promise<void> | undefined
  let renewedMs = 0
  let isBehind = false

  function isDue({ id, end, cleanEnd, cleanCount }: CompactedPartition): boolean {
    const dirtyCount = end - cleanEnd
    if (dirtyCount === 0) return false
    if (dirtyCount >= Math.max(dirtyCountMin, cleanCount)) return true
    const timeMs = compaction.timeMs(id, cleanEnd)
    return timeMs !== undefined && timeMs <= clock() - compactionLagMaxMs
  }

  /** Runs a step and pauses. Returns its result, or `undefined` when this cleaner has to stop. */
  async function paced<T>(step: () => T | Promise<T>): Promise<T | undefined> {
    if (isStopped) return undefined
    if (performance.now() - renewedMs > renewalIntervalMs) {
      if (!lease.renew()) return undefined
      renewedMs = performance.now()
    }
    const startMs = performance.now()
    const result = await step()
    await delay(pace.pauseAfterMs(performance.now() - startMs, isBehind))
    return result
  }

  /** Collects keys, and returns the offset up to which they are complete. */
  async function collect({ id, end, cleanEnd }: CompactedPartition): Promise<number | undefined> {
    compaction.begin()
    for (let from = cleanEnd; from < end; ) {
      const start = from
      const step = await paced(() => compaction.collect(id, start, end, pace.countMax()))
      if (step === undefined || step.isFull) return step?.next
      from = step.next
    }
    return end
  }

  async function pass(partition: CompactedPartition): Promise<void> {
    const dirtyCount = partition.end - partition.cleanEnd
    isBehind = dirtyCount >= behindFactor * Math.max(dirtyCountMin, partition.cleanCount)
    const end = await collect(partition)
    if (end === undefined) return
    let keptCount = 0
    for (let from = 0; from < end; ) {
      const start = from
      const bounds = { countMax: pace.countMax(), nowMs: clock() }
      const step = await paced(() => compaction.sweep(partition, start, end, bounds))
      if (step === undefined) return
      keptCount += step.kept
      from = step.next
    }
    await compaction.finish(partition.id, end, keptCount)
  }

  function hasDueTombstone({ id }: CompactedPartition): boolean {
    return compaction.hasDueTombstone(id, clock() - deleteRetentionMs)
  }

  async function dropTombstones({ id }: CompactedPartition): Promise<void> {
    const drop = () => compaction.dropTombstones(id, clock() - deleteRetentionMs, dropCountMax)
    for (let dropped: number | undefined = dropCountMax; dropped === dropCountMax; ) {
      dropped = await paced(drop)
    }
  }

  async function run(): Promise<void> {
    const due = compaction.partitions().filter((one) => isDue(one) || hasDueTombstone(one))
    if (due.length === 0 || !lease.acquire()) return
    renewedMs = performance.now()
    try {
      for (const partition of due) {
        if (isDue(partition)) await pass(partition)
        if (hasDueTombstone(partition)) await dropTombstones(partition)
      }
    } finally {
      compaction.begin()
      lease.release()
    }
  }

  const timer = setInterval(() => {
    running ??= run()
      .catch(ignoreReported)
      .finally(() => {
        running = undefined
      })
  }, options.intervalMs).unref()

  return {
    async [Symbol.asyncDispose]() {
      isStopped = true
      clearInterval(timer)
      await running
    },
  }
}

/** Ignores a failure of the file: it is reported by then, and the next interval tries again. */
function ignoreReported(error: unknown): void {
  if (!(error instanceof SqliteError)) throw error
}
