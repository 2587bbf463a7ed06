import { type Aggregate, type Histogram, summarise } from '../rating.ts'

/** Row of a database. The columns have the same names in all databases. */
export type Row = Readonly<Record<string, unknown>>

export function histogramOf(row: Row): Histogram {
  return [row.ones, row.twos, row.threes, row.fours, row.fives] as unknown as Histogram
}

export function toAggregate(row: Row): Aggregate {
  const histogram = histogramOf(row)
  const { count, mean } = summarise(histogram)
  return {
    recordType: row.record_type as string,
    recordId: row.record_id as string,
    count,
    mean,
    histogram,
    bayesianScore: row.bayesian_score as number,
    revision: row.revision as number,
  }
}
