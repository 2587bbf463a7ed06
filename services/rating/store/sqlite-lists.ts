import type { DatabaseSync } from 'node:sqlite'
import { read, write } from '@marquee/sql/sqlite/sqlite'
import type { ScoringRules } from '../scoring.ts'
import { toRating } from './aggregate-row.ts'
import type { RatingStore } from './port.ts'
import { newestOfUser, type RatingLists } from './rating-lists.ts'
import { toPage, userPositionOf } from './rating-page.ts'
import { ratingColumns } from './sqlite-tables.ts'
import type { UserIndex } from './sqlite-users.ts'

/** @param shownRules Returns the rules of the state that `read` shows. */
export function createSqliteLists(
  db: DatabaseSync,
  users: UserIndex,
  shownRules: () => ScoringRules,
): RatingLists & Pick<RatingStore, 'get'> {
  // An entry whose rating has changed since has another time.
  const ofUser = db.prepare(
    `SELECT ${ratingColumns} FROM rating_by_user AS entry
       CROSS JOIN rating USING (user_id, record_number, update_time_ms)
       CROSS JOIN aggregate USING (record_number)
     WHERE entry.user_id = ? AND (entry.update_time_ms, entry.record_number) < (?, ?)
     ORDER BY entry.update_time_ms DESC, entry.record_number DESC LIMIT ?`,
  )
  const countOf = db.prepare('SELECT count(*) AS count FROM rating_by_user WHERE user_id = ?')
  const ofRecord = db.prepare(
    `SELECT ${ratingColumns} FROM aggregate CROSS JOIN rating USING (record_number)
     WHERE record_type = ? AND record_id = ? AND user_id > ? ORDER BY user_id LIMIT ?`,
  )
  const one = db.prepare(
    `SELECT ${ratingColumns} FROM aggregate CROSS JOIN rating USING (record_number)
     WHERE record_type = ? AND record_id = ? AND user_id = ?`,
  )
  async function completeUsers(): Promise<void> {
    const isComplete = read(db, users.isComplete)
    if (!isComplete) await write(db, users.complete)
  }
  return {
    async get({ recordType, recordId }, userId) {
      return read(db, () => {
        const row = one.get(recordType, recordId, userId)
        return row && toRating(row, shownRules())
      })
    },
    async ratingsOfUser(userId, { limit, after = newestOfUser }) {
      await completeUsers()
      const { updateTimeMs, recordNumber } = after
      return read(db, () => {
        const rows = ofUser.all(userId, updateTimeMs, recordNumber, limit + 1)
        return toPage(rows, limit, shownRules(), userPositionOf)
      })
    },
    async countOfUser(userId) {
      await completeUsers()
      return read(db, () => countOf.get(userId)?.count as number)
    },
    async ratingsOfRecord({ recordType, recordId }, { limit, after = '' }) {
      return read(db, () => {
        const rows = ofRecord.all(recordType, recordId, after, limit + 1)
        return toPage(rows, limit, shownRules(), (row) => row.user_id as string)
      })
    },
  }
}
