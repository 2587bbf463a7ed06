import type { RecordRef } from '../rating.ts'
import type { ScoringRules } from '../scoring.ts'
import type { RatingPlace } from './rating-lists.ts'

/** Periods that end at one time, in milliseconds since the Unix epoch. */
export interface PeriodTimes {
  readonly monthStartMs: number
  readonly weekStartMs: number
  /** First time after both periods. */
  readonly endMs: number
}

/** Numbers of users who gave a record one value of the scale in the periods. */
export interface StepCount extends RecordRef {
  /** Index of the value. */
  readonly step: number
  readonly weekCount: number
  /** Includes those of the week. */
  readonly monthCount: number
}

export interface CountedSlice {
  /** Counts by record, without those of 0. The counts of one record follow each other. */
  readonly counts: readonly StepCount[]
  /** Place of the last rating that was read, or `undefined` when no rating follows. */
  readonly next: RatingPlace | undefined
  /** Rules that the steps are by. */
  readonly rules: ScoringRules
}

/** Counts of ratings by time. */
export interface PeriodCounts {
  /**
   * Counts those of the next `size` ratings after a place that belong to the periods. A store may
   * read more, so that it need not divide a record. The time of a rating is its rated time, or that
   * of its put. Slices that follow each other count each rating once that does not change meanwhile.
   */
  countPeriods(times: PeriodTimes, after: RatingPlace, size: number): Promise<CountedSlice>
}

/** Counts the ratings of one record after the other. */
export function createStepCounter({ monthStartMs, weekStartMs, endMs }: PeriodTimes) {
  const counts = new Map<number, { weekCount: number; monthCount: number }>()
  return {
    add(step: number, timeMs: number): void {
      if (timeMs < monthStartMs || timeMs >= endMs) return
      const count = counts.get(step) ?? { weekCount: 0, monthCount: 0 }
      if (count.monthCount === 0) counts.set(step, count)
      count.monthCount++
      if (timeMs >= weekStartMs) count.weekCount++
    },
    isEmpty: () => counts.size === 0,
    /** Returns the counts, as those of the record, and begins again. */
    take({ recordType, recordId }: RecordRef): StepCount[] {
      const taken = [...counts].map(([step, count]) => ({ recordType, recordId, step, ...count }))
      counts.clear()
      return taken
    },
  }
}
