import type { Aggregate, AggregateState, Histogram, StoredRating, WriteStamp } from '../rating.ts'
import { countOf } from '../scale.ts'
import { type Scoring, type ScoringRules, scoreOf, scoringFor } from '../scoring.ts'
import type { FeedProgress } from './outbox.ts'

/** Row of a database. The columns have the same names in all databases. */
export type Row = Readonly<Record<string, unknown>>

/** Clause of an insert into `rating`, in all databases: the new rating replaces that of the user. */
export const replaceRating = `ON CONFLICT (record_number, user_id) DO UPDATE SET
  step = excluded.step, revision = excluded.revision, update_time_ms = excluded.update_time_ms,
  rated_time_ms = excluded.rated_time_ms`

/** Returns the histogram of a row: an array in PostgreSQL, and JSON in SQLite. */
export function histogramOf({ histogram }: Row): Histogram {
  return (typeof histogram === 'string' ? JSON.parse(histogram) : histogram) as Histogram
}

/** Returns the aggregate of a row with ratings. */
export function toAggregate(row: Row, rules: ScoringRules): Aggregate {
  const histogram = histogramOf(row)
  const count = countOf(histogram)
  const recordType = row.record_type as string
  return {
    recordType,
    recordId: row.record_id as string,
    count,
    mean: scoringFor(rules, recordType).scale.sum(histogram) / count,
    histogram,
    bayesianScore: row.bayesian_score as number,
    prior: { mean: row.prior_mean as number, weight: row.prior_weight as number },
    ...stampOf(row),
  }
}

/** Returns the score of a histogram as databases store it: 0 without ratings. */
export function storedScore(histogram: Histogram, scoring: Scoring): number {
  return countOf(histogram) === 0 ? 0 : scoreOf(histogram, scoring)
}

export function toState(row: Row, rules: ScoringRules): AggregateState {
  if (row.count !== 0) return toAggregate(row, rules)
  const [recordType, recordId] = [row.record_type as string, row.record_id as string]
  return { recordType, recordId, count: 0, ...stampOf(row) }
}

export function stampOf(row: Row): WriteStamp {
  return { revision: row.revision as number, updateTimeMs: row.update_time_ms as number }
}

export function toProgress(row: Row): FeedProgress {
  const { target, pass_record: record, pass_user: userId, pass_after: after } = row
  const place = { record: record as number, userId: userId as string }
  return {
    target: (target ?? undefined) as string | undefined,
    pass: record === null ? undefined : { place, after: after as number },
    aggregates: {
      revision: row.aggregates_revision as number,
      place: row.aggregates_place as number,
    },
  }
}

export function toRating(row: Row, rules: ScoringRules): StoredRating {
  const recordType = row.record_type as string
  return {
    recordType,
    recordId: row.record_id as string,
    userId: row.user_id as string,
    value: scoringFor(rules, recordType).scale.values[row.step as number] as number,
    ratedTimeMs: (row.rated_time_ms ?? undefined) as number | undefined,
    ...stampOf(row),
  }
}
