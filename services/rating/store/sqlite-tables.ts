import type { DatabaseSync } from 'node:sqlite'
import type { Schema } from '@marquee/sql/sqlite/sqlite'
import type { Row } from './aggregate-row.ts'

/**
 * A record has a row in `aggregate` as long as it has ratings; `ones` to `fives` are its histogram.
 * `rating` refers to the record by number, which keeps the largest table small. `scoring` holds the
 * prior of all scores.
 */
export const schema: Schema = {
  applicationId: 0x6d_71_72_74,
  migrations: [
    `CREATE TABLE aggregate (
    record_number INTEGER PRIMARY KEY,
    record_type TEXT NOT NULL,
    record_id TEXT NOT NULL,
    ones INTEGER NOT NULL,
    twos INTEGER NOT NULL,
    threes INTEGER NOT NULL,
    fours INTEGER NOT NULL,
    fives INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    bayesian_score REAL NOT NULL,
    revision INTEGER NOT NULL,
    UNIQUE (record_type, record_id)
  ) STRICT;
  CREATE INDEX aggregate_by_score
    ON aggregate (record_type, bayesian_score DESC, record_id, count);
  CREATE TABLE rating (
    record_number INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 5),
    update_time_ms INTEGER NOT NULL,
    PRIMARY KEY (record_number, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE position (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE scoring (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    revision INTEGER NOT NULL,
    prior_mean REAL NOT NULL,
    prior_weight REAL NOT NULL
  ) STRICT;`,
    `CREATE TABLE log (
    topic TEXT PRIMARY KEY,
    identity TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE position ADD COLUMN last_offset INTEGER;
  ALTER TABLE position ADD COLUMN last_digest TEXT;
  CREATE TABLE installation (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL
  ) STRICT;
  INSERT INTO installation VALUES (1, lower(hex(randomblob(16))));`,
  ],
}

/** Prepares every statement of the store. */
export function prepareStatements(db: DatabaseSync) {
  return { ...readers(db), ...writers(db), ...bookkeeping(db) }
}

export const columns = `record_number, record_type, record_id, ones, twos, threes, fours, fives,
  bayesian_score, revision`

function readers(db: DatabaseSync) {
  return {
    aggregate: db.prepare(
      `SELECT ${columns} FROM aggregate WHERE record_type = ? AND record_id = ?`,
    ),
    aggregates: db.prepare(
      `SELECT ${columns} FROM json_each(?) AS requested CROSS JOIN aggregate
       ON record_type = requested.value ->> 0 AND record_id = requested.value ->> 1 ORDER BY requested.key`,
    ),
    aggregatesFrom: db.prepare(
      `SELECT ${columns} FROM aggregate WHERE record_number > ? ORDER BY record_number LIMIT ?`,
    ),
    rating: db.prepare(
      `SELECT value, update_time_ms FROM aggregate JOIN rating USING (record_number)
       WHERE record_type = ? AND record_id = ? AND user_id = ?`,
    ),
    value: db.prepare('SELECT value FROM rating WHERE record_number = ? AND user_id = ?'),
  }
}

function writers(db: DatabaseSync) {
  return {
    insertAggregate: db.prepare(
      `INSERT INTO aggregate (ones, twos, threes, fours, fives, count, bayesian_score, revision,
         record_type, record_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING record_number`,
    ),
    updateAggregate: db.prepare(
      `UPDATE aggregate SET ones = ?, twos = ?, threes = ?, fours = ?, fives = ?, count = ?,
         bayesian_score = ?, revision = ?
       WHERE record_number = ?`,
    ),
    setScore: db.prepare(
      'UPDATE aggregate SET bayesian_score = ?, revision = ? WHERE record_number = ?',
    ),
    deleteAggregate: db.prepare('DELETE FROM aggregate WHERE record_number = ?'),
    putRating: db.prepare(
      `INSERT INTO rating (record_number, user_id, value, update_time_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (record_number, user_id)
       DO UPDATE SET value = excluded.value, update_time_ms = excluded.update_time_ms`,
    ),
    deleteRating: db.prepare('DELETE FROM rating WHERE record_number = ? AND user_id = ?'),
  }
}

function bookkeeping(db: DatabaseSync) {
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
    insertScoring: db.prepare('INSERT OR IGNORE INTO scoring VALUES (1, ?, ?, ?)'),
    scoring: db.prepare('SELECT revision, prior_mean, prior_weight FROM scoring'),
    setPrior: db.prepare('UPDATE scoring SET prior_mean = ?, prior_weight = ?'),
    setRevision: db.prepare('UPDATE scoring SET revision = ?'),
  }
}

export function recordNumberOf(row: Row | undefined): number {
  return row?.record_number as number
}
