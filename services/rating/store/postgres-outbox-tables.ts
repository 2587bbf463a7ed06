import type { Statement } from '@marquee/sql/postgres/connection'
import { ratingColumns } from './postgres-lists.ts'

const progressColumns = `target, pass_record, pass_user, pass_after, aggregates_revision,
  aggregates_place`

/** Statements of the outbox. */
export const feeding = {
  add: {
    name: 'outbox-add',
    text: `WITH grown AS (
        UPDATE feed SET outbox_size = outbox_size + $4
        WHERE target IS NOT NULL AND ($5::boolean OR outbox_size < $6) RETURNING true
      ), added AS (
        INSERT INTO outbox (revision, update_time_ms, changes, size, is_repeat)
        SELECT $1::bigint, $2::bigint, $3, $4::integer, $5 FROM grown
      )
      SELECT target IS NOT NULL AND NOT EXISTS (SELECT FROM grown) AS is_full FROM feed`,
  },
  claim: {
    name: 'feed-claim',
    text: `UPDATE feed SET holder = $1, lease_end_ms = $2
      WHERE holder IS NULL OR holder = $1 OR lease_end_ms <= $3 RETURNING ${progressColumns}`,
  },
  lock: { text: 'SELECT holder, lease_end_ms FROM feed FOR UPDATE' },
  lockScoring: { text: 'SELECT FROM scoring FOR UPDATE' },
  extend: { text: 'UPDATE feed SET lease_end_ms = $1' },
  release: { text: 'UPDATE feed SET holder = NULL WHERE holder = $1' },
  begin: {
    text: `UPDATE feed SET target = $1, pass_record = 0, pass_user = '', pass_after = 0,
      aggregates_revision = 0, aggregates_place = 0`,
  },
  clear: { text: 'DELETE FROM outbox' },
  end: {
    text: `UPDATE feed SET target = NULL, outbox_size = 0, pass_record = NULL, pass_user = NULL,
      holder = NULL`,
  },
  next: {
    name: 'outbox-next',
    text: 'SELECT * FROM outbox WHERE revision > $1 ORDER BY revision LIMIT 1',
  },
  remove: {
    name: 'outbox-remove',
    text: `WITH removed AS (DELETE FROM outbox WHERE revision <= $1 RETURNING size)
      UPDATE feed SET outbox_size = outbox_size - (SELECT coalesce(sum(size), 0) FROM removed)`,
  },
  setPass: {
    text: `UPDATE feed SET pass_record = $1, pass_user = $2
      WHERE pass_record IS NOT NULL AND pass_after = $3`,
  },
  setAggregates: { text: 'UPDATE feed SET aggregates_revision = $1, aggregates_place = $2' },
  returnAggregates: {
    text: `UPDATE feed SET aggregates_revision = $1, aggregates_place = $2
      WHERE (aggregates_revision, aggregates_place) > ($1, $2)`,
  },
  size: { text: 'SELECT outbox_size FROM feed' },
  ratings: {
    name: 'all-ratings',
    text: `SELECT ${ratingColumns} FROM rating JOIN aggregate USING (record_number)
      WHERE (record_number, user_id) > ($1, $2) ORDER BY record_number, user_id LIMIT $3`,
  },
  ratingsOf: {
    name: 'ratings-of',
    text: `SELECT ${ratingColumns} FROM aggregate JOIN rating USING (record_number)
      JOIN unnest($1::text[], $2::text[], $3::text[]) AS named (record_type, record_id, user_id)
        USING (record_type, record_id, user_id)`,
  },
} satisfies Record<string, Statement>
