import type { Statement } from '@marquee/sql/postgres/connection'
import { beforeNul, isText } from '@marquee/sql/postgres/text'
import type { ScoringRules } from '../scoring.ts'
import { type Row, toRating } from './aggregate-row.ts'
import type { RatingStore } from './port.ts'
import { newestOfUser, type RatingLists, type RatingPage } from './rating-lists.ts'
import { toPage, userPositionOf } from './rating-page.ts'

export const userIndexMigration =
  'CREATE INDEX rating_by_user ON rating (user_id, update_time_ms, record_number);'

/** Columns of a rating, and of its record. */
export const ratingColumns = `record_number, record_type, record_id, user_id, step, rating.revision,
  rating.update_time_ms, rated_time_ms, (SELECT epoch FROM scoring) AS epoch`

const reading = {
  ofUser: {
    name: 'ratings-of-user',
    text: `SELECT ${ratingColumns} FROM rating JOIN aggregate USING (record_number)
      WHERE user_id = $1 AND (rating.update_time_ms, record_number) < ($2, $3)
      ORDER BY rating.update_time_ms DESC, record_number DESC LIMIT $4`,
  },
  countOfUser: {
    name: 'count-of-user',
    text: `SELECT count(*)::integer AS count, (SELECT epoch FROM scoring) AS epoch FROM rating
      WHERE user_id = $1`,
  },
  ofRecord: {
    name: 'ratings-of-record',
    text: `SELECT ${ratingColumns} FROM aggregate JOIN rating USING (record_number)
      WHERE record_type = $1 AND record_id = $2 AND user_id > $3 ORDER BY user_id LIMIT $4`,
  },
  one: {
    name: 'rating',
    text: `SELECT ${ratingColumns} FROM aggregate JOIN rating USING (record_number)
      WHERE record_type = $1 AND record_id = $2 AND user_id = $3`,
  },
} satisfies Record<string, Statement>

/** Reads rows of steps, with the rules that they are by. */
export type ReadSteps = (
  statement: Statement,
  values: readonly unknown[],
) => Promise<{ readonly rows: readonly Row[]; readonly rules: ScoringRules }>

export function createPostgresLists(readSteps: ReadSteps): RatingLists & Pick<RatingStore, 'get'> {
  return {
    async get({ recordType, recordId }, userId) {
      const key = [recordType, recordId, userId]
      if (!key.every(isText)) return undefined
      const { rows, rules } = await readSteps(reading.one, key)
      return rows.map((row) => toRating(row, rules))[0]
    },
    async ratingsOfUser(userId, { limit, after = newestOfUser }) {
      if (!isText(userId)) return emptyPage
      const place = [userId, after.updateTimeMs, after.recordNumber, limit + 1]
      const { rows, rules } = await readSteps(reading.ofUser, place)
      return toPage(rows, limit, rules, userPositionOf)
    },
    async countOfUser(userId) {
      if (!isText(userId)) return 0
      const { rows } = await readSteps(reading.countOfUser, [userId])
      return rows[0]?.count as number
    },
    async ratingsOfRecord({ recordType, recordId }, { limit, after = '' }) {
      if (!isText(recordType) || !isText(recordId)) return emptyPage
      const place = [recordType, recordId, beforeNul(after), limit + 1]
      const { rows, rules } = await readSteps(reading.ofRecord, place)
      return toPage(rows, limit, rules, (row) => row.user_id as string)
    },
  }
}

const emptyPage: RatingPage<never> = { ratings: [], next: undefined }
