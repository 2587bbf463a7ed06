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

const backOff = createBackOff({ firstMs: 10, maxMs: 100 })

interface Waiting {
  readonly attempt: () => unknown
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
   */
  run<T>(attempt: () => T): Promise<T>
}

/** @param onBusy Called once for each write that waits for longer than `boundsMs.report`. */
export function createWriterQueue(
  onBusy: (error: unknown) => void,
  boundsMs = writerBoundsMs,
): WriterQueue {
  const queue: Waiting[] = []
  let isRunning = false

  async function runAll(): Promise<void> {
    isRunning = true
    let failures = 0
    while (queue.length > 0) {
      failures = runFirst() ? 0 : failures + 1
      await (failures === 0 ? setImmediate() : delay(backOff(failures)))
    }
    isRunning = false
  }

  /** Runs the first write. Returns false when the lock is not available yet. */
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
    async run<T>(attempt: () => T): Promise<T> {
      if (!isRunning) {
        try {
          return attempt()
        } catch (error) {
          if (failureOf(error) !== 'busy') throw error
        }
      }
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      queue.push({ attempt, startMs: performance.now(), reported: false, resolve, reject })
      if (!isRunning) void runAll()
      return promise as Promise<T>
    },
  }
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
