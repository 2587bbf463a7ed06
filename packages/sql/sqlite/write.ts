import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { createBackOff } from '@marquee/retry/back-off'
import { failureOf } from './error.ts'

/** How long a write waits for the lock that another process holds, and until that is reported, in milliseconds. */
export const writerBoundsMs = { lock: 5_000, report: 1_000 }

/** Misses of the lock that are further apart, in milliseconds, are no sign that it was held all the time. */
const missGapMs = 5_000

const backOff = createBackOff({ firstMs: 10, maxMs: 100 })

interface Waiting {
  readonly attempt: () => unknown
  readonly startMs: number
  reported: boolean
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Writers of one database, one after the other. */
export interface WriterQueue {
  /**
   * Runs the attempt at once, or as soon as the lock can be had: it is called again while it throws that the database
   * is busy. The event loop is not blocked meanwhile.
   */
  run<T>(attempt: () => T): Promise<T>
}

/** @param onBusy called once for each write that waits for longer than `boundsMs.report`. */
export function createWriterQueue(
  onBusy: (error: unknown) => void,
  boundsMs = writerBoundsMs,
): WriterQueue {
  const line: Waiting[] = []
  let serving = false

  async function serve(): Promise<void> {
    serving = true
    let failures = 0
    while (line.length > 0) {
      failures = serveFirst() ? 0 : failures + 1
      await (failures === 0 ? setImmediate() : delay(backOff(failures)))
    }
    serving = false
  }

  /** False when the lock cannot be had yet. */
  function serveFirst(): boolean {
    const [first] = line as [Waiting]
    try {
      first.resolve(first.attempt())
    } catch (error) {
      if (failureOf(error) === 'busy' && mayWait(first, error)) return false
      first.reject(error)
    }
    line.shift()
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
      if (!serving) {
        try {
          return attempt()
        } catch (error) {
          if (failureOf(error) !== 'busy') throw error
        }
      }
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      line.push({ attempt, startMs: performance.now(), reported: false, resolve, reject })
      if (!serving) void serve()
      return promise as Promise<T>
    },
  }
}

/** Follows the lock of one database for those who do not wait for it. */
export interface LockWatch {
  /** Says that the lock could not be had. */
  missed(error: unknown): void
  /** Says that it was had. */
  taken(): void
}

/**
 * @param onBusy called for each miss from `writerBoundsMs.report` after the first of a row. One alone is no fault: whoever
 * does not wait tries again.
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
