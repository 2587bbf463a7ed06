import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from '@marquee/back-off/exponential'
import { vacuum } from './vacuum.ts'

/**
 * Attempts to empty the write-ahead log, some 20 s in total. Another process that reads at the same
 * time prevents it.
 */
const emptyingTriesMax = 10

const backOff = createBackOff({ firstMs: 100, maxMs: 10_000 })

/**
 * Returns a function that rebuilds the file, so that neither it nor its write-ahead log has a byte
 * of what was removed before the call. It rejects when the disk is full, or other processes prevent
 * it for long. Others can read meanwhile, and have to wait to write.
 *
 * @param path Path of the file that `db` is a connection to, or `:memory:`.
 */
export function createRebuild(db: DatabaseSync, path: string): () => Promise<void> {
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  async function emptyWriteAheadLog(): Promise<void> {
    for (let count = 1; checkpoint.get()?.busy !== 0; count++) {
      if (count === emptyingTriesMax) throw new Error('another process reads it')
      await delay(backOff(count))
    }
  }

  async function rebuildNow(): Promise<void> {
    next = undefined
    try {
      await vacuum(path)
      await emptyWriteAheadLog()
    } catch (cause) {
      throw new Error(
        `the rows are removed, but the file ${path} may still have their bytes (${(cause as Error).message}): erase again`,
        { cause },
      )
    }
  }

  return async () => {
    if (path === ':memory:') return
    // Calls that wait for a rebuild share the next one.
    next ??= last.then(rebuildNow)
    last = next.catch(() => {})
    await next
  }
}
