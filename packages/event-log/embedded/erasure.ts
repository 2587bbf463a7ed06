import type { DatabaseSync } from 'node:sqlite'
import { createRebuild } from '@marquee/sql/sqlite/rebuild'
import { write } from '@marquee/sql/sqlite/sqlite'
import type { LogRecord } from '../port.ts'

/** Removes records from the file so that nobody can restore them. */
export interface Eraser {
  /** Removes the records of a partition in one transaction. */
  remove(partitionId: number, records: readonly LogRecord[]): Promise<void>
  /** Rebuilds the file without a byte of what was removed before the call. */
  rebuild(): Promise<void>
}

/** @param path Path of the file that `db` is a connection to, or `:memory:`. */
export function createEraser(db: DatabaseSync, path: string): Eraser {
  const removeRecord = db.prepare('DELETE FROM record WHERE partition_id = ? AND offset = ?')
  const removeTombstone = db.prepare('DELETE FROM tombstone WHERE partition_id = ? AND offset = ?')
  return {
    async remove(partitionId, records) {
      await write(db, () => {
        for (const { offset } of records) {
          removeRecord.run(partitionId, offset)
          removeTombstone.run(partitionId, offset)
        }
      })
    },
    rebuild: createRebuild(db, path),
  }
}
