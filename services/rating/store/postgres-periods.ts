import type { Row } from './aggregate-row.ts'
import type { PeriodCounts, StepCount } from './period-counts.ts'
import type { ReadSteps } from './postgres-lists.ts'

// One statement also finds the last rating of the slice, so that both are of one state. Without
// ratings, it has no rows.
const counting = {
  name: 'count-periods',
  text: `WITH slice AS (
      SELECT record_number, user_id, step, coalesce(rated_time_ms, update_time_ms) AS time_ms
      FROM rating WHERE (record_number, user_id) > ($1, $2)
      ORDER BY record_number, user_id LIMIT $3
    ), counted AS (
      SELECT record_number, step, count(*)::integer AS month_count,
        (count(*) FILTER (WHERE time_ms >= $5))::integer AS week_count
      FROM slice WHERE time_ms >= $4 AND time_ms < $6 GROUP BY record_number, step
    ), named AS (
      SELECT record_number, record_type, record_id, step, month_count, week_count
      FROM counted JOIN aggregate USING (record_number)
    ), last AS (
      SELECT record_number AS last_record, user_id AS last_user FROM slice
      ORDER BY record_number DESC, user_id DESC LIMIT 1
    )
    SELECT last.*, (SELECT count(*) FROM slice)::integer AS size, named.*,
      (SELECT epoch FROM scoring) AS epoch
    FROM last LEFT JOIN named ON true ORDER BY record_number`,
}

export function createPostgresPeriods(readSteps: ReadSteps): PeriodCounts {
  return {
    async countPeriods({ monthStartMs, weekStartMs, endMs }, { record, userId }, size) {
      const values = [record, userId, size, monthStartMs, weekStartMs, endMs]
      const { rows, rules } = await readSteps(counting, values)
      const counts = rows.filter(({ step }) => typeof step === 'number').map(toStepCount)
      const [first] = rows
      const isLast = first === undefined || (first.size as number) < size
      if (isLast) return { counts, next: undefined, rules }
      const next = { record: first.last_record as number, userId: first.last_user as string }
      return { counts, next, rules }
    },
  }
}

function toStepCount(row: Row): StepCount {
  return {
    recordType: row.record_type as string,
    recordId: row.record_id as string,
    step: row.step as number,
    weekCount: row.week_count as number,
    monthCount: row.month_count as number,
  }
}
