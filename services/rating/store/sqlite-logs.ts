import type { DatabaseSync } from 'node:sqlite'
import { write } from '@marquee/sql/sqlite/sqlite'
import { isSameLog, requireLog, requirePosition } from './change-batch.ts'
import type { ChangeBatch, LogAdoption, StoredLog } from './port.ts'
import { toStoredPosition } from './position-row.ts'
import type { prepareStatements } from './sqlite-tables.ts'

/** Logs of the topics, and the positions in them. */
export interface SqliteLogs {
  stored(topic: string): StoredLog
  adopt(topic: string, adoption: LogAdoption): Promise<boolean>
  /**
   * Saves the position after a batch, and calls `save` before, if the saved position is the expected
   * one. Returns the position that is saved then. Called in a transaction.
   */
  advance(batch: ChangeBatch, save: () => void): number
}

export function createSqliteLogs(
  db: DatabaseSync,
  sql: ReturnType<typeof prepareStatements>,
): SqliteLogs {
  function identityOf(topic: string): string | undefined {
    return sql.log.get(topic)?.identity as string | undefined
  }

  function stored(topic: string): StoredLog {
    const positions = sql.positions.all(topic).map(toStoredPosition)
    return { identity: identityOf(topic), positions }
  }

  return {
    stored,
    adopt: (topic, { expected, identity, reset }) =>
      write(db, () => {
        if (!isSameLog(stored(topic), expected)) return false
        sql.setLog.run(topic, identity)
        if (reset) sql.deletePositions.run(topic)
        return true
      }),
    advance(batch, save) {
      const { topic, partition, expectedPosition, nextPosition, log, lastEvent } = batch
      const { offset = null, digest = null } = lastEvent ?? {}
      const identity = identityOf(topic)
      requireLog(identity, batch)
      const position = sql.position.get(topic, partition)?.next_offset as number | undefined
      if (position !== expectedPosition) return requirePosition(position, batch)
      save()
      if (identity === undefined) sql.setLog.run(topic, log)
      sql.setPosition.run(topic, partition, nextPosition, offset, digest)
      return nextPosition
    },
  }
}
