import type { Row, Statement } from '@marquee/sql/postgres/connection'
import type { PostgresSchema } from '@marquee/sql/postgres/migrations'
import type { StoredRating } from '../rating.ts'

/**
 * The tables of SQLite, with one difference: a record that was ever rated keeps its row in
 * `aggregate`, with a count of 0 when it has no rating left. So there is always a row to lock, and
 * the revision of every change is known.
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
  ],
}

const columns = `record_type, record_id, ones, twos, threes, fours, fives, bayesian_score,
  aggregate.revision`

/** `bayesianScore` of rating.ts, with the prior in the database. */
const score = (row: string) => `CASE WHEN ${row}.count = 0 THEN 0 ELSE
    (prior_weight * prior_mean + ${row}.ones + 2 * ${row}.twos::double precision
      + 3 * ${row}.threes::double precision + 4 * ${row}.fours::double precision
      + 5 * ${row}.fives::double precision) / (prior_weight + ${row}.count) END`

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
  aggregates: {
    name: 'aggregates',
    text: `SELECT ${columns}
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS requested (record_type, record_id, place)
      JOIN aggregate USING (record_type, record_id) WHERE count > 0 ORDER BY place`,
  },
  top: {
    name: 'top-slice',
    text: `SELECT * FROM (${walked(`${columns}, count`)}) AS walked WHERE count >= $5
      ORDER BY bayesian_score DESC, record_id LIMIT $6`,
  },
  topEnd: {
    name: 'top-end',
    text: `SELECT * FROM (${walked('bayesian_score, record_id')}) AS walked
      ORDER BY bayesian_score DESC, record_id OFFSET $4::bigint - 1 LIMIT 1`,
  },
  rating: {
    name: 'rating',
    text: `SELECT value, update_time_ms FROM aggregate JOIN rating USING (record_number)
      WHERE record_type = $1 AND record_id = $2 AND user_id = $3`,
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
  scoring: { name: 'scoring', text: 'SELECT revision, prior_mean, prior_weight FROM scoring' },
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
    text: `SELECT record_number, record_type, record_id, ones, twos, threes, fours, fives
      FROM aggregate JOIN unnest($1::text[], $2::text[]) AS touched (record_type, record_id)
        USING (record_type, record_id)
      ORDER BY record_type, record_id FOR UPDATE OF aggregate`,
  },
  values: {
    name: 'values',
    text: `SELECT record_number, user_id, value FROM rating
      JOIN unnest($1::bigint[], $2::text[]) AS touched (record_number, user_id)
        USING (record_number, user_id)`,
  },
  putRatings: {
    name: 'put-ratings',
    text: `INSERT INTO rating (record_number, user_id, value, update_time_ms)
      SELECT record_number, user_id, value, $4::bigint
      FROM unnest($1::bigint[], $2::text[], $3::smallint[]) AS put (record_number, user_id, value)
      ON CONFLICT (record_number, user_id)
      DO UPDATE SET value = excluded.value, update_time_ms = excluded.update_time_ms`,
  },
  deleteRatings: {
    name: 'delete-ratings',
    text: `DELETE FROM rating USING unnest($1::bigint[], $2::text[]) AS gone (record_number, user_id)
      WHERE rating.record_number = gone.record_number AND rating.user_id = gone.user_id`,
  },
  // The row of `scoring` is locked from here to the commit, so that revisions are in the order of
  // commits.
  saveAggregates: {
    name: 'save-aggregates',
    text: `WITH next AS (
        UPDATE scoring SET revision = greatest(revision + 1, $1::bigint)
        RETURNING revision, prior_mean, prior_weight, pg_notify($2, $3::text || ':' || revision)
      )
      UPDATE aggregate SET ones = new.ones, twos = new.twos, threes = new.threes, fours = new.fours,
        fives = new.fives, bayesian_score = ${score('new')}, revision = next.revision
      FROM next, (
        SELECT *, ones + twos + threes + fours + fives AS count
        FROM unnest($4::bigint[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
          $9::integer[]) AS histogram (record_number, ones, twos, threes, fours, fives)
      ) AS new
      WHERE aggregate.record_number = new.record_number`,
  },
  insertScoring: {
    text: `INSERT INTO scoring (revision, prior_mean, prior_weight) VALUES ($1, $2, $3)
      ON CONFLICT DO NOTHING`,
  },
  lockAggregates: { text: 'LOCK TABLE aggregate IN EXCLUSIVE MODE' },
  rescore: {
    text: `WITH next AS (
        UPDATE scoring SET revision = greatest(revision + 1, $1::bigint), prior_mean = $4, prior_weight = $5
        WHERE (prior_mean, prior_weight) IS DISTINCT FROM ($4, $5)
        RETURNING revision, prior_mean, prior_weight, pg_notify($2, $3::text || ':' || revision)
      )
      UPDATE aggregate SET bayesian_score = ${score('aggregate')}, revision = next.revision
      FROM next WHERE count > 0`,
  },
} satisfies Record<string, Statement>

export function toRating(row: Row): Pick<StoredRating, 'value' | 'updateTimeMs'> {
  return { value: row.value as number, updateTimeMs: row.update_time_ms as number }
}
