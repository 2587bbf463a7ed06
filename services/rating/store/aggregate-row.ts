import type { Aggregate, Histogram } from '../rating.ts'
import { countOf } from '../scale.ts'
import { type ScoringRules, scoringFor } from '../scoring.ts'

/** Row of a database. The columns have the same names in all databases. */
export type Row = Readonly<Record<string, unknown>>

/** Returns the histogram of a row: an array in PostgreSQL, and JSON in SQLite. */
export function histogramOf({ histogram }: Row): Histogram {
  return (typeof histogram === 'string' ? JSON.parse(histogram) : histogram) as Histogram
}

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
    revision: row.revision as number,
    updateTimeMs: row.update_time_ms as number,
  }
}
