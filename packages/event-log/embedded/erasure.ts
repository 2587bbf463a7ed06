import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { write } from '@marquee/sql/sqlite/sqlite'
import { backOff } from '../back-off.ts'
import type { LogRecord } from '../port.ts'

/**
 * Attempts to empty the write-ahead log, some 40 s in total. Another process that reads at the same
 * time prevents it.
 */
const emptyingTriesMax = 10

/** Removes records from the file so that nobody can restore them. */
export interface Eraser {
  /** Removes the records of a partition in one transaction. */
  remove(partitionId: number, records: readonly LogRecord[]): Promise<void>
  /**
   * Writes all pages to the file and empties the write-ahead log. Rejects when other processes
   * prevent it for long.
   */
  emptyWriteAheadLog(): Promise<void>
}

/** @param db Connection with `secure_delete`, which overwrites what it removes. */
export function createEraser(db: DatabaseSync): Eraser {
  const removeRecord = db.prepare('DELETE FROM record WHERE partition_id = ? AND offset = ?')
  const removeTombstone = db.prepare('DELETE FROM tombstone WHERE partition_id = ? AND offset = ?')
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  return {
    async remove(partitionId, records) {
      await write(db, () => {
        for (const { offset } of records) {
          removeRecord.run(partitionId, offset)
          removeTombstone.run(partitionId, offset)
        }
      })
    },
    async emptyWriteAheadLog() {
      for (let count = 1; checkpoint.get()?.busy !== 0; count++) {
        if (count === emptyingTriesMax) {
          throw new Error(
            'the records are removed, but the write-ahead log still has them, because another process reads it: erase again',
          )
        }
        await delay(backOff(count))
      }
    },
  }
}
