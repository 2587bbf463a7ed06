import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from '@marquee/back-off/exponential'
import { SqliteError } from './error.ts'
import { vacuum } from './vacuum.ts'

/**
 * Attempts to empty the write-ahead log, some 20 s in total. Another process that reads at the same
 * time prevents it, and so does a write of the same connection.
 */
const emptyingTriesMax = 10

const backOff = createBackOff({ firstMs: 100, maxMs: 10_000 })

/**
 * Returns a function that rebuilds the file, so that neither it nor its write-ahead log has a byte
 * of what was removed before the call. It rejects with a temporary error when the disk is full, or
 * others prevent it for long. Others can read meanwhile, and have to wait to write.
 *
 * @param path Path of the file that `db` is a connection to, or `:memory:`.
 */
export function createRebuild(db: DatabaseSync, path: string): () => Promise<void> {
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  function isEmptied(): boolean {
    try {
      return checkpoint.get()?.busy === 0
    } catch (error) {
      if (error instanceof SqliteError && error.failure === 'busy') return false
      throw error
    }
  }

  async function emptyWriteAheadLog(): Promise<void> {
    for (let count = 1; !isEmptied(); count++) {
      if (count === emptyingTriesMax) throw new Error('others use it')
      await delay(backOff(count))
    }
  }

  async function rebuildNow(): Promise<void> {
    next = undefined
    try {
      await vacuum(path)
      await emptyWriteAheadLog()
    } catch (cause) {
      const { message, dataLoss } = cause as Error & Partial<SqliteError>
      const error = new Error(
        `the rows are removed, but the file ${path} may still have their bytes (${message}): erase again`,
        { cause },
      )
      throw Object.assign(error, { temporary: dataLoss !== true })
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
