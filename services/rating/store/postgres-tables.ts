import type { Statement } from '@marquee/sql/postgres/connection'
import type { PostgresSchema } from '@marquee/sql/postgres/migrations'
import { replaceRating } from './aggregate-row.ts'
import { userIndexMigration } from './postgres-lists.ts'
import { skippedEventsTable } from './skipped-events.ts'

/**
 * The tables of SQLite. As a record keeps its row in `aggregate`, there is always a row to lock.
 */
export const schema: PostgresSchema = {
  kind: 'rating',
  migrations: [
    `CREATE TABLE aggregate (
      record_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      record_type text COLLATE "C" NOT NULL,
      record_id text COLLATE "C" NOT NULL,
      ones integer NOT NULL DEFAULT 0 CHECK (ones >= 0),
      twos integer NOT NULL DEFAULT 0 CHECK (twos >= 0),
      threes integer NOT NULL DEFAULT 0 CHECK (threes >= 0),
      fours integer NOT NULL DEFAULT 0 CHECK (fours >= 0),
      fives integer NOT NULL DEFAULT 0 CHECK (fives >= 0),
      count integer NOT NULL GENERATED ALWAYS AS (ones + twos + threes + fours + fives) STORED,
      bayesian_score double precision NOT NULL DEFAULT 0,
      revision bigint NOT NULL DEFAULT 0,
      UNIQUE (record_type, record_id)
    );
    CREATE INDEX aggregate_by_score
      ON aggregate (record_type, bayesian_score DESC, record_id, count) WHERE count > 0;
    CREATE INDEX aggregate_by_revision ON aggregate (revision, record_number);
    CREATE TABLE rating (
      record_number bigint NOT NULL,
      user_id text COLLATE "C" NOT NULL,
      value smallint NOT NULL CHECK (value BETWEEN 1 AND 5),
      update_time_ms bigint NOT NULL,
      PRIMARY KEY (record_number, user_id)
    );
    CREATE TABLE position (
      topic text COLLATE "C" NOT NULL,
      partition integer NOT NULL,
      next_offset bigint NOT NULL,
      PRIMARY KEY (topic, partition)
    );
    CREATE TABLE scoring (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      revision bigint NOT NULL,
      prior_mean double precision NOT NULL,
      prior_weight double precision NOT NULL
    );`,
    `CREATE TABLE log (
      topic text COLLATE "C" PRIMARY KEY,
      identity text COLLATE "C" NOT NULL
    );
    ALTER TABLE position ADD COLUMN last_offset bigint, ADD COLUMN last_digest text;
    CREATE TABLE installation (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      id text NOT NULL
    );
    INSERT INTO installation (id) VALUES (md5(random()::text || clock_timestamp()::text));`,
    // The values 1 to 5 become steps of half stars.
    `CREATE TABLE scoring_rule (
      record_type text COLLATE "C" PRIMARY KEY,
      scale text NOT NULL,
      prior_mean double precision NOT NULL,
      prior_weight double precision NOT NULL
    );
    INSERT INTO scoring_rule SELECT '', '0.5:5:0.5', prior_mean, prior_weight FROM scoring;
    ALTER TABLE aggregate DROP COLUMN count;
    ALTER TABLE aggregate
      ADD COLUMN histogram integer[] NOT NULL DEFAULT '{}' CHECK (0 <= ALL (histogram)),
      ADD COLUMN count integer NOT NULL DEFAULT 0,
      ADD COLUMN prior_mean double precision NOT NULL DEFAULT 0,
      ADD COLUMN prior_weight double precision NOT NULL DEFAULT 0,
      ADD COLUMN update_time_ms bigint NOT NULL DEFAULT 0;
    UPDATE aggregate SET
      histogram = ARRAY[0, ones, 0, twos, 0, threes, 0, fours, 0, fives],
      count = ones + twos + threes + fours + fives,
      prior_mean = scoring.prior_mean, prior_weight = scoring.prior_weight,
      update_time_ms = coalesce((SELECT max(update_time_ms) FROM rating
        WHERE rating.record_number = aggregate.record_number), 0)
      FROM scoring;
    ALTER TABLE aggregate DROP COLUMN ones, DROP COLUMN twos, DROP COLUMN threes,
      DROP COLUMN fours, DROP COLUMN fives;
    CREATE INDEX aggregate_by_score
      ON aggregate (record_type, bayesian_score DESC, record_id, count) WHERE count > 0;
    ALTER TABLE rating DROP CONSTRAINT rating_value_check;
    ALTER TABLE rating ALTER COLUMN value TYPE smallint USING 2 * value - 1;
    ALTER TABLE rating RENAME COLUMN value TO step;
    ALTER TABLE rating ADD CHECK (step >= 0);
    ALTER TABLE scoring DROP COLUMN prior_mean, DROP COLUMN prior_weight,
      ADD COLUMN epoch bigint NOT NULL DEFAULT 0;`,
    `ALTER TABLE rating ADD COLUMN revision bigint NOT NULL DEFAULT 0;
    UPDATE rating SET revision = aggregate.revision FROM aggregate
      WHERE aggregate.record_number = rating.record_number;
    ALTER TABLE rating ALTER COLUMN revision DROP DEFAULT;
    CREATE TABLE outbox (
      revision bigint PRIMARY KEY,
      update_time_ms bigint NOT NULL,
      changes text NOT NULL,
      size integer NOT NULL,
      is_repeat boolean NOT NULL
    );
    CREATE TABLE feed (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      target text,
      outbox_size bigint NOT NULL DEFAULT 0,
      pass_record bigint,
      pass_user text COLLATE "C",
      pass_after bigint,
      aggregates_revision bigint NOT NULL DEFAULT 0,
      aggregates_place bigint NOT NULL DEFAULT 0,
      holder text,
      lease_end_ms bigint NOT NULL DEFAULT 0
    );
    INSERT INTO feed DEFAULT VALUES;`,
    userIndexMigration,
    skippedEventsTable,
    'ALTER TABLE rating ADD COLUMN rated_time_ms bigint;',
  ],
}

const stateColumns = `record_type, record_id, histogram, count, bayesian_score, prior_mean,
  prior_weight, aggregate.revision, aggregate.update_time_ms`

const columns = `${stateColumns}, (SELECT epoch FROM scoring) AS epoch`

/**
 * The `$4` records after a position of the top list. Two ranges, because an index cannot seek by a
 * descending and an ascending column together.
 */
const walked = (columns: string) => `SELECT * FROM (
        (SELECT ${columns} FROM aggregate
          WHERE record_type = $1 AND bayesian_score = $2 AND record_id > $3 AND count > 0
          ORDER BY record_id LIMIT $4)
        UNION ALL
        (SELECT ${columns} FROM aggregate
          WHERE record_type = $1 AND bayesian_score < $2 AND count > 0
          ORDER BY bayesian_score DESC, record_id LIMIT $4)
      ) AS either ORDER BY bayesian_score DESC, record_id LIMIT $4`

export const reading = {
  states: {
    name: 'states',
    text: `SELECT scoring.revision AS store_revision, scoring.epoch, found.* FROM scoring LEFT JOIN (
        SELECT ${stateColumns} FROM aggregate
        JOIN unnest($1::text[], $2::text[]) AS requested (record_type, record_id)
          USING (record_type, record_id)
      ) AS found ON true`,
  },
  changedStates: {
    name: 'changed-states',
    text: `SELECT scoring.revision AS store_revision, scoring.epoch, found.* FROM scoring LEFT JOIN (
        SELECT record_number, ${stateColumns} FROM aggregate
        WHERE (revision, record_number) > ($1, $2) ORDER BY revision, record_number LIMIT $3
      ) AS found ON true ORDER BY found.revision, record_number`,
  },
  top: {
    name: 'top-slice',
    text: `SELECT * FROM (${walked(columns)}) AS walked WHERE count >= $5::bigint
      ORDER BY bayesian_score DESC, record_id LIMIT $6`,
  },
  topEnd: {
    name: 'top-end',
    text: `SELECT * FROM (${walked('bayesian_score, record_id')}) AS walked
      ORDER BY bayesian_score DESC, record_id OFFSET $4::bigint - 1 LIMIT 1`,
  },
  position: {
    name: 'position',
    text: 'SELECT next_offset FROM position WHERE topic = $1 AND partition = $2',
  },
  positions: {
    name: 'positions',
    text: `SELECT identity, partition, next_offset, last_offset, last_digest
      FROM (SELECT $1::text AS topic) AS requested
      LEFT JOIN log USING (topic) LEFT JOIN position USING (topic) ORDER BY partition`,
  },
  installation: { name: 'installation', text: 'SELECT id FROM installation' },
  scoring: { name: 'scoring', text: 'SELECT revision, epoch FROM scoring' },
  rules: {
    name: 'rules',
    text: `SELECT epoch, record_type, scale, prior_mean, prior_weight FROM scoring, scoring_rule`,
  },
  // Seeks each record type in the index, instead of reading all of it.
  ratedTypes: {
    text: `WITH RECURSIVE type (name) AS (
        SELECT min(record_type) FROM aggregate WHERE count > 0
        UNION ALL
        SELECT (SELECT min(record_type) FROM aggregate WHERE count > 0 AND record_type > name)
        FROM type WHERE name IS NOT NULL
      ) SELECT name FROM type WHERE name IS NOT NULL`,
  },
  aggregatesFrom: {
    name: 'aggregates-from',
    text: `SELECT record_number, ${columns} FROM aggregate
      WHERE record_number > $1 AND count > 0 ORDER BY record_number LIMIT $2`,
  },
  changes: {
    name: 'changes',
    text: `SELECT record_type, record_id, revision, record_number FROM aggregate
      WHERE (revision, record_number) > ($1, $2) AND revision <= $3
      ORDER BY revision, record_number LIMIT $4`,
  },
} satisfies Record<string, Statement>

export const writing = {
  // Adopting another log waits for the batches that hold this lock, and blocks new ones.
  shareLog: {
    name: 'share-log',
    text: 'SELECT identity FROM log WHERE topic = $1 FOR SHARE',
  },
  insertLog: { text: 'INSERT INTO log (topic, identity) VALUES ($1, $2) ON CONFLICT DO NOTHING' },
  lockLog: { text: 'SELECT identity FROM log WHERE topic = $1 FOR UPDATE' },
  setLog: {
    text: `INSERT INTO log (topic, identity) VALUES ($1, $2)
      ON CONFLICT (topic) DO UPDATE SET identity = excluded.identity`,
  },
  deletePositions: { text: 'DELETE FROM position WHERE topic = $1' },
  claimFirst: {
    name: 'claim-first',
    text: `INSERT INTO position (topic, partition, next_offset, last_offset, last_digest)
      VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING next_offset`,
  },
  claimNext: {
    name: 'claim-next',
    text: `UPDATE position SET next_offset = $3, last_offset = $4, last_digest = $5
      WHERE topic = $1 AND partition = $2 AND next_offset = $6 RETURNING next_offset`,
  },
  addRecords: {
    name: 'add-records',
    text: `INSERT INTO aggregate (record_type, record_id)
      SELECT record_type, record_id FROM unnest($1::text[], $2::text[]) AS put (record_type, record_id)
      WHERE NOT EXISTS (SELECT FROM aggregate AS known
        WHERE known.record_type = put.record_type AND known.record_id = put.record_id)
      ORDER BY record_type COLLATE "C", record_id COLLATE "C" ON CONFLICT DO NOTHING`,
  },
  lockRecords: {
    name: 'lock-records',
    text: `SELECT record_number, record_type, record_id, histogram
      FROM aggregate JOIN unnest($1::text[], $2::text[]) AS touched (record_type, record_id)
        USING (record_type, record_id)
      ORDER BY record_type, record_id FOR UPDATE OF aggregate`,
  },
  steps: {
    name: 'steps',
    text: `SELECT record_number, user_id, step, revision FROM rating
      JOIN unnest($1::bigint[], $2::text[]) AS touched (record_number, user_id)
        USING (record_number, user_id)`,
  },
  putRatings: {
    name: 'put-ratings',
    text: `INSERT INTO rating (record_number, user_id, step, rated_time_ms, revision, update_time_ms)
      SELECT put.*, $5::bigint, $6::bigint
      FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[]) AS put
      ${replaceRating}`,
  },
  deleteRatings: {
    name: 'delete-ratings',
    text: `DELETE FROM rating USING unnest($1::bigint[], $2::text[]) AS gone (record_number, user_id)
      WHERE rating.record_number = gone.record_number AND rating.user_id = gone.user_id`,
  },
  // The row of `scoring` is locked from here to the commit, so that revisions are in the order of
  // commits. Changes nothing, and returns no row, when the rules have changed since they were read.
  advance: {
    name: 'advance',
    text: `UPDATE scoring SET revision = greatest(revision + 1, $1::bigint) WHERE epoch = $4
      RETURNING revision, pg_notify($2, $3::text || ':' || revision)`,
  },
  saveAggregates: {
    name: 'save-aggregates',
    text: `UPDATE aggregate SET histogram = new.histogram::integer[], count = new.count,
        bayesian_score = new.bayesian_score, prior_mean = new.prior_mean,
        prior_weight = new.prior_weight, revision = $1, update_time_ms = $2
      FROM unnest($3::bigint[], $4::text[], $5::integer[], $6::double precision[],
          $7::double precision[], $8::double precision[])
        AS new (record_number, histogram, count, bayesian_score, prior_mean, prior_weight)
      WHERE aggregate.record_number = new.record_number`,
  },
  setScores: {
    name: 'set-scores',
    text: `UPDATE aggregate SET bayesian_score = new.bayesian_score, prior_mean = new.prior_mean,
        prior_weight = new.prior_weight, revision = $1
      FROM unnest($2::bigint[], $3::double precision[], $4::double precision[],
          $5::double precision[])
        AS new (record_number, bayesian_score, prior_mean, prior_weight)
      WHERE aggregate.record_number = new.record_number`,
  },
  insertScoring: {
    text: 'INSERT INTO scoring (revision) VALUES ($1) ON CONFLICT DO NOTHING',
  },
  lockAggregates: { text: 'LOCK TABLE aggregate IN EXCLUSIVE MODE' },
  lockScoring: { text: 'SELECT epoch FROM scoring FOR UPDATE' },
  deleteRules: { text: 'DELETE FROM scoring_rule' },
  insertRules: {
    text: `INSERT INTO scoring_rule SELECT * FROM unnest($1::text[], $2::text[],
      $3::double precision[], $4::double precision[])`,
  },
  nextEpoch: { text: 'UPDATE scoring SET epoch = epoch + 1 RETURNING epoch' },
} satisfies Record<string, Statement>
