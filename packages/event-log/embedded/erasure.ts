import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { write } from '@marquee/sql/sqlite/sqlite'
import { backOff } from '../back-off.ts'
import type { LogRecord } from '../port.ts'
import { vacuum } from './vacuum.ts'

/**
 * Attempts to empty the write-ahead log, some 20 s in total. Another process that reads at the same
 * time prevents it.
 */
const emptyingTriesMax = 10

/** Removes records from the file so that nobody can restore them. */
export interface Eraser {
  /** Removes the records of a partition in one transaction. */
  remove(partitionId: number, records: readonly LogRecord[]): Promise<void>
  /**
   * Rebuilds the file, so that neither it nor its write-ahead log has a byte of what was removed
   * before the call. Rejects when the disk is full, or other processes prevent it for long.
   */
  rebuild(): Promise<void>
}

/** @param path Path of the file that `db` is a connection to, or `:memory:`. */
export function createEraser(db: DatabaseSync, path: string): Eraser {
  const removeRecord = db.prepare('DELETE FROM record WHERE partition_id = ? AND offset = ?')
  const removeTombstone = db.prepare('DELETE FROM tombstone WHERE partition_id = ? AND offset = ?')
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
        `the records are removed, but the file ${path} may still have their bytes (${(cause as Error).message}): erase again`,
        { cause },
      )
    }
  }

  return {
    async remove(partitionId, records) {
      await write(db, () => {
        for (const { offset } of records) {
          removeRecord.run(partitionId, offset)
          removeTombstone.run(partitionId, offset)
        }
      })
    },
    async rebuild() {
      if (path === ':memory:') return
      // Calls that wait for a rebuild share the next one.
      next ??= last.then(rebuildNow)
      last = next.catch(() => {})
      await next
    },
  }
}
