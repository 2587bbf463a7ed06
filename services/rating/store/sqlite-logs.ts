import type { DatabaseSync } from 'node:sqlite'
import { read, write } from '@marquee/sql/sqlite/sqlite'
import type { RatingChange } from '../rating.ts'
import { isSameLog, requireLog, requirePosition } from './change-batch.ts'
import type { ChangeBatch, ChangeSink, StoredLog } from './port.ts'
import { toStoredPosition } from './position-row.ts'
import { keptChanges, type Skip, userHash } from './skipped-events.ts'

export const skippedEventsMigration = `CREATE TABLE skipped_events (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    user_hash TEXT NOT NULL,
    before_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, user_hash)
  ) STRICT, WITHOUT ROWID;`

type LogMethods = Pick<ChangeSink, 'installationId' | 'storedLog' | 'adoptLog' | 'skipEvents'>

/** Logs of the topics, and the positions in them. */
export interface SqliteLogs extends LogMethods {
  /**
   * Saves the position after a batch, and before calls `save` with the changes that are to be
   * applied, if the saved position is the expected one. Returns the position that is saved then.
   * Called in a transaction.
   */
  advance(batch: ChangeBatch, save: (changes: readonly RatingChange[]) => void): number
}

export function createSqliteLogs(db: DatabaseSync): SqliteLogs {
  const sql = prepare(db)

  function identityOf(topic: string): string | undefined {
    return sql.log.get(topic)?.identity as string | undefined
  }

  function storedLog(topic: string): StoredLog {
    const positions = sql.positions.all(topic).map(toStoredPosition)
    return { identity: identityOf(topic), positions }
  }

  function positionOf(topic: string, partition: number): number | undefined {
    return sql.position.get(topic, partition)?.next_offset as number | undefined
  }

  const installationId = () => sql.installation.get()?.id as string

  return {
    installationId: async () => installationId(),
    storedLog: async (topic) => read(db, () => storedLog(topic)),
    adoptLog: (topic, { expected, identity, reset }) =>
      write(db, () => {
        if (!isSameLog(storedLog(topic), expected)) return false
        if (identity !== expected.identity) sql.deleteSkips.run(topic)
        sql.setLog.run(topic, identity)
        if (reset) sql.deletePositions.run(topic)
        return true
      }),
    skipEvents: ({ topic, log, userId, ends }) =>
      write(db, () => {
        if ((identityOf(topic) ?? log) !== log) return
        const hash = userHash(installationId(), userId)
        for (const [partition, end] of ends.entries()) {
          if ((positionOf(topic, partition) ?? 0) < end) sql.skip.run(topic, partition, hash, end)
        }
      }),
    advance(batch, save) {
      const { topic, partition, expectedPosition, nextPosition, log, lastEvent } = batch
      const { offset = null, digest = null } = lastEvent ?? {}
      const identity = identityOf(topic)
      requireLog(identity, batch)
      const position = positionOf(topic, partition)
      if (position !== expectedPosition) return requirePosition(position, batch)
      const skips = sql.skips.all(topic, partition) as unknown as Skip[]
      save(keptChanges(batch, skips, installationId))
      if (identity === undefined) sql.setLog.run(topic, log)
      sql.setPosition.run(topic, partition, nextPosition, offset, digest)
      if (skips.length > 0) sql.endSkips.run(topic, partition, nextPosition)
      return nextPosition
    },
  }
}

function prepare(db: DatabaseSync) {
  return {
    position: db.prepare('SELECT next_offset FROM position WHERE topic = ? AND partition = ?'),
    setPosition: db.prepare(
      `INSERT OR REPLACE INTO position (topic, partition, next_offset, last_offset, last_digest)
       VALUES (?, ?, ?, ?, ?)`,
    ),
    positions: db.prepare(
      `SELECT partition, next_offset, last_offset, last_digest FROM position
       WHERE topic = ? ORDER BY partition`,
    ),
    deletePositions: db.prepare('DELETE FROM position WHERE topic = ?'),
    log: db.prepare('SELECT identity FROM log WHERE topic = ?'),
    setLog: db.prepare('INSERT OR REPLACE INTO log VALUES (?, ?)'),
    installation: db.prepare('SELECT id FROM installation'),
    skip: db.prepare('INSERT OR REPLACE INTO skipped_events VALUES (?, ?, ?, ?)'),
    skips: db.prepare(
      `SELECT user_hash AS userHash, before_offset AS before FROM skipped_events
       WHERE topic = ? AND partition = ?`,
    ),
    endSkips: db.prepare(
      'DELETE FROM skipped_events WHERE topic = ? AND partition = ? AND before_offset <= ?',
    ),
    deleteSkips: db.prepare('DELETE FROM skipped_events WHERE topic = ?'),
  }
}
