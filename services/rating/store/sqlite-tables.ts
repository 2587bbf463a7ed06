import type { DatabaseSync } from 'node:sqlite'
import type { Schema } from '@marquee/sql/sqlite/sqlite'
import type { Histogram, WriteStamp } from '../rating.ts'
import { countOf } from '../scale.ts'
import type { Scoring } from '../scoring.ts'
import { type Row, replaceRating, storedScore } from './aggregate-row.ts'
import { skippedEventsMigration } from './sqlite-logs.ts'
import { userIndexMigration } from './sqlite-users.ts'

/**
 * A record that was ever rated has a row in `aggregate`, with a count of 0 when it has no rating left,
 * so that the revision of every change is known. Its histogram is a JSON array with one number per
 * step of the scale. `rating` refers to the record by number, which keeps the largest
 * table small, and has the step of each value. `scoring_rule` has scale and prior by record type,
 * with an empty type for all others. `scoring.epoch` grows when a rule changes.
 * `outbox` has the changes of each write that is not published yet, and `feed` what is published:
 * nothing while it has no target.
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
    // The values 1 to 5 become steps of half stars.
    `CREATE TABLE scoring_rule (
    record_type TEXT PRIMARY KEY,
    scale TEXT NOT NULL,
    prior_mean REAL NOT NULL,
    prior_weight REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO scoring_rule SELECT '', '0.5:5:0.5', prior_mean, prior_weight FROM scoring;
  ALTER TABLE scoring ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE scoring DROP COLUMN prior_mean;
  ALTER TABLE scoring DROP COLUMN prior_weight;
  CREATE TABLE new_aggregate (
    record_number INTEGER PRIMARY KEY,
    record_type TEXT NOT NULL,
    record_id TEXT NOT NULL,
    histogram TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    bayesian_score REAL NOT NULL,
    prior_mean REAL NOT NULL,
    prior_weight REAL NOT NULL,
    revision INTEGER NOT NULL,
    update_time_ms INTEGER NOT NULL,
    UNIQUE (record_type, record_id)
  ) STRICT;
  INSERT INTO new_aggregate
    SELECT record_number, aggregate.record_type, record_id,
      json_array(0, ones, 0, twos, 0, threes, 0, fours, 0, fives), count, bayesian_score,
      prior_mean, prior_weight, revision,
      (SELECT max(update_time_ms) FROM rating WHERE record_number = aggregate.record_number)
    FROM aggregate, scoring_rule ORDER BY record_number;
  DROP TABLE aggregate;
  ALTER TABLE new_aggregate RENAME TO aggregate;
  CREATE INDEX aggregate_by_score
    ON aggregate (record_type, bayesian_score DESC, record_id, count);
  CREATE TABLE new_rating (
    record_number INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    step INTEGER NOT NULL CHECK (step >= 0),
    update_time_ms INTEGER NOT NULL,
    PRIMARY KEY (record_number, user_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO new_rating SELECT record_number, user_id, 2 * value - 1, update_time_ms FROM rating
    ORDER BY record_number, user_id;
  DROP TABLE rating;
  ALTER TABLE new_rating RENAME TO rating;`,
    // Records without ratings keep their row.
    `CREATE TABLE new_aggregate (
    record_number INTEGER PRIMARY KEY,
    record_type TEXT NOT NULL,
    record_id TEXT NOT NULL,
    histogram TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count >= 0),
    bayesian_score REAL NOT NULL,
    prior_mean REAL NOT NULL,
    prior_weight REAL NOT NULL,
    revision INTEGER NOT NULL,
    update_time_ms INTEGER NOT NULL,
    UNIQUE (record_type, record_id)
  ) STRICT;
  INSERT INTO new_aggregate
    SELECT record_number, record_type, record_id, histogram, count, bayesian_score, prior_mean,
      prior_weight, revision, update_time_ms
    FROM aggregate ORDER BY record_number;
  CREATE TABLE new_rating (
    record_number INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    step INTEGER NOT NULL CHECK (step >= 0),
    revision INTEGER NOT NULL,
    update_time_ms INTEGER NOT NULL,
    PRIMARY KEY (record_number, user_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO new_rating
    SELECT record_number, user_id, step, revision, rating.update_time_ms
    FROM rating JOIN aggregate USING (record_number) ORDER BY record_number, user_id;
  DROP TABLE rating;
  ALTER TABLE new_rating RENAME TO rating;
  DROP TABLE aggregate;
  ALTER TABLE new_aggregate RENAME TO aggregate;
  CREATE INDEX aggregate_by_score
    ON aggregate (record_type, bayesian_score DESC, record_id, count) WHERE count > 0;
  CREATE INDEX aggregate_by_revision ON aggregate (revision, record_number);
  CREATE TABLE outbox (
    revision INTEGER PRIMARY KEY,
    update_time_ms INTEGER NOT NULL,
    changes TEXT NOT NULL,
    size INTEGER NOT NULL,
    is_repeat INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE feed (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    target TEXT,
    outbox_size INTEGER NOT NULL DEFAULT 0,
    pass_record INTEGER,
    pass_user TEXT,
    pass_after INTEGER,
    aggregates_revision INTEGER NOT NULL DEFAULT 0,
    aggregates_place INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    lease_end_ms INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO feed (only) VALUES (1);`,
    userIndexMigration,
    skippedEventsMigration,
    'ALTER TABLE rating ADD COLUMN rated_time_ms INTEGER;',
  ],
}

/** Prepares every statement of the store. */
export function prepareStatements(db: DatabaseSync) {
  return { ...readers(db), ...writers(db), ...bookkeeping(db) }
}

/** Columns of a rating, and of its record. */
export const ratingColumns = `record_number, record_type, record_id, rating.user_id, step, rating.revision,
  rating.update_time_ms, rated_time_ms`

export const columns = `record_number, record_type, record_id, histogram, count, bayesian_score,
  prior_mean, prior_weight, revision, update_time_ms`

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
      `SELECT ${columns} FROM aggregate
       WHERE record_number > ? AND count > 0 ORDER BY record_number LIMIT ?`,
    ),
    changes: db.prepare(
      `SELECT ${columns} FROM aggregate WHERE (revision, record_number) > (?, ?)
       ORDER BY revision, record_number LIMIT ?`,
    ),
    step: db.prepare(
      'SELECT step, update_time_ms FROM rating WHERE record_number = ? AND user_id = ?',
    ),
    ratingRevision: db.prepare(
      'SELECT revision FROM rating WHERE record_number = ? AND user_id = ?',
    ),
    // Seeks each record type in the index, instead of reading all of it.
    ratedTypes: db.prepare(
      `WITH RECURSIVE type (name) AS (
         SELECT min(record_type) FROM aggregate WHERE count > 0
         UNION ALL
         SELECT (SELECT min(record_type) FROM aggregate WHERE count > 0 AND record_type > name)
         FROM type WHERE name IS NOT NULL
       ) SELECT name FROM type WHERE name IS NOT NULL`,
    ),
  }
}

function writers(db: DatabaseSync) {
  return {
    insertAggregate: db.prepare(
      `INSERT INTO aggregate (histogram, count, bayesian_score, prior_mean, prior_weight, revision,
         update_time_ms, record_type, record_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING record_number`,
    ),
    updateAggregate: db.prepare(
      `UPDATE aggregate SET histogram = ?, count = ?, bayesian_score = ?, prior_mean = ?,
         prior_weight = ?, revision = ?, update_time_ms = ?
       WHERE record_number = ?`,
    ),
    setScore: db.prepare(
      `UPDATE aggregate SET bayesian_score = ?, prior_mean = ?, prior_weight = ?, revision = ?
       WHERE record_number = ?`,
    ),
    putRating: db.prepare(
      `INSERT INTO rating (record_number, user_id, step, revision, update_time_ms, rated_time_ms)
       VALUES (?, ?, ?, ?, ?, ?) ${replaceRating}`,
    ),
    deleteRating: db.prepare('DELETE FROM rating WHERE record_number = ? AND user_id = ?'),
  }
}

function bookkeeping(db: DatabaseSync) {
  return {
    insertScoring: db.prepare('INSERT OR IGNORE INTO scoring (only, revision) VALUES (1, ?)'),
    scoring: db.prepare('SELECT revision, epoch FROM scoring'),
    nextEpoch: db.prepare('UPDATE scoring SET epoch = epoch + 1'),
    rules: db.prepare('SELECT record_type, scale, prior_mean, prior_weight FROM scoring_rule'),
    deleteRules: db.prepare('DELETE FROM scoring_rule'),
    insertRule: db.prepare('INSERT INTO scoring_rule VALUES (?, ?, ?, ?)'),
    setRevision: db.prepare('UPDATE scoring SET revision = ?'),
    advanceTo: db.prepare('UPDATE scoring SET revision = max(revision, ?)'),
  }
}

/** Returns the values of an aggregate's columns from `histogram` to `update_time_ms`. */
export function aggregateValues(
  histogram: Histogram,
  scoring: Scoring,
  { revision, updateTimeMs }: WriteStamp,
): (string | number)[] {
  const { mean, weight } = scoring.prior
  const [count, score] = [countOf(histogram), storedScore(histogram, scoring)]
  return [JSON.stringify(histogram), count, score, mean, weight, revision, updateTimeMs]
}

export function recordNumberOf(row: Row | undefined): number {
  return row?.record_number as number
}
