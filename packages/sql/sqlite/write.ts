import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { createBackOff } from '@marquee/back-off/exponential'
import { failureOf } from './error.ts'

/**
 * Timeout of waiting for a lock that another process holds, and time after which the wait is
 * reported, in milliseconds.
 */
export const writerBoundsMs = { lock: 5_000, report: 1_000 }

/**
 * Gap between two misses of the lock, in milliseconds, from which on it may have been free in
 * between.
 */
const missGapMs = 5_000

/**
 * Maximum number of writes in one transaction, and time after which no further one is added to it,
 * in milliseconds: the event loop and other processes wait meanwhile.
 */
export const batchBounds = { countMax: 100, timeMsMax: 5 }

const backOff = createBackOff({ firstMs: 2, maxMs: 100 })

/** Outcome of one write of several. */
export type WriteOutcome = { readonly value: unknown } | { readonly error: unknown }

/**
 * Runs the bodies in one transaction, or as many of them as fit into it, and returns the outcome of
 * each after the commit. Throws when nothing was committed.
 */
export type WriteTogether = (bodies: readonly (() => unknown)[]) => readonly WriteOutcome[]

interface Waiting {
  readonly attempt: () => unknown
  /** Absent for a write that needs a transaction of its own. */
  readonly body: (() => unknown) | undefined
  readonly startMs: number
  reported: boolean
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Queue of the writes to one database. */
export interface WriterQueue {
  /**
   * Runs the attempt immediately, or as soon as the lock is available: repeats it while it throws
   * that the database is busy. Does not block the event loop.
   * @param body The part of the attempt within its transaction. With it, writes that wait for the
   *   lock share a transaction, because a process that has waited gets the lock for one at a time.
   */
  run<T>(attempt: () => T, body?: () => T): Promise<T>
}

/**
 * @param onBusy Called once for each write that waits for longer than `boundsMs.report`.
 * @param together Default: each write has its own transaction.
 */
export function createWriterQueue(
  onBusy: (error: unknown) => void,
  boundsMs = writerBoundsMs,
  together?: WriteTogether,
): WriterQueue {
  const queue: Waiting[] = []
  let isRunning = false

  async function runAll(): Promise<void> {
    isRunning = true
    let failures = 0
    while (queue.length > 0) {
      failures = runNext() ? 0 : failures + 1
      await (failures === 0 ? setImmediate() : delay(backOff(failures)))
    }
    isRunning = false
  }

  /** Runs the first write, or several. Returns false when the lock is not available yet. */
  function runNext(): boolean {
    const end = queue.findIndex(({ body }) => body === undefined)
    const batch = queue.slice(
      0,
      end < 0 ? batchBounds.countMax : Math.min(end, batchBounds.countMax),
    )
    return together === undefined || batch.length < 2 ? runFirst() : runBatch(batch, together)
  }

  function runBatch(batch: readonly Waiting[], together: WriteTogether): boolean {
    try {
      const outcomes = together(batch.map(({ body }) => body as () => unknown))
      for (const outcome of outcomes) settle(queue.shift() as Waiting, outcome)
    } catch (error) {
      const [first] = batch as [Waiting]
      const isBusy = failureOf(error) === 'busy'
      if (isBusy && mayWait(first, error)) return false
      // The others may wait for longer than the first.
      for (const _ of isBusy ? [first] : batch) settle(queue.shift() as Waiting, { error })
    }
    return true
  }

  /** Runs the first write alone. Returns false when the lock is not available yet. */
  function runFirst(): boolean {
    const [first] = queue as [Waiting]
    try {
      first.resolve(first.attempt())
    } catch (error) {
      if (failureOf(error) === 'busy' && mayWait(first, error)) return false
      first.reject(error)
    }
    queue.shift()
    return true
  }

  function mayWait(first: Waiting, error: unknown): boolean {
    const waitedMs = performance.now() - first.startMs
    if (waitedMs > boundsMs.report && !first.reported) {
      first.reported = true
      onBusy(error)
    }
    return waitedMs < boundsMs.lock
  }

  return {
    async run<T>(attempt: () => T, body?: () => T): Promise<T> {
      if (!isRunning) {
        try {
          return attempt()
        } catch (error) {
          if (failureOf(error) !== 'busy') throw error
        }
      }
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const startMs = performance.now()
      queue.push({ attempt, body, startMs, reported: false, resolve, reject })
      if (!isRunning) void runAll()
      return promise as Promise<T>
    },
  }
}

/**
 * Runs bodies within one transaction, each with a savepoint, until they take too long. Throws when a
 * failure has ended the transaction of all.
 */
export function runEach(db: DatabaseSync, bodies: readonly (() => unknown)[]): WriteOutcome[] {
  const startMs = performance.now()
  const outcomes: WriteOutcome[] = []
  for (const body of bodies) {
    outcomes.push(runOne(db, body))
    if (performance.now() - startMs > batchBounds.timeMsMax) break
  }
  return outcomes
}

function runOne(db: DatabaseSync, body: () => unknown): WriteOutcome {
  db.exec('SAVEPOINT one_write')
  try {
    const value = body()
    db.exec('RELEASE one_write')
    return { value }
  } catch (error) {
    if (!db.isTransaction) throw error
    db.exec('ROLLBACK TO one_write; RELEASE one_write')
    return { error }
  }
}

function settle({ resolve, reject }: Waiting, outcome: WriteOutcome): void {
  if ('error' in outcome) reject(outcome.error)
  else resolve(outcome.value)
}

/** Tracks the lock of one database for transactions that do not wait. */
export interface LockWatch {
  /** Reports that the lock was not available. */
  missed(error: unknown): void
  /** Reports that the lock was available. */
  taken(): void
}

/**
 * @param onBusy Called for each miss from `writerBoundsMs.report` after the first of a series. A
 *   single miss is no fault, because the caller retries.
 */
export function createLockWatch(
  onBusy: (error: unknown) => void,
  now: () => number = () => performance.now(),
): LockWatch {
  let firstMs = 0
  let lastMs = Number.NEGATIVE_INFINITY
  return {
    missed(error) {
      const nowMs = now()
      if (nowMs - lastMs > missGapMs) firstMs = nowMs
      lastMs = nowMs
      if (nowMs - firstMs >= writerBoundsMs.report) onBusy(error)
    },
    taken() {
      lastMs = Number.NEGATIVE_INFINITY
    },
  }
}
