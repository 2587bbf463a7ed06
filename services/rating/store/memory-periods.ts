import type { RecordRef } from '../rating.ts'
import type { ScoringRules } from '../scoring.ts'
import { createStepCounter, type PeriodCounts, type StepCount } from './period-counts.ts'

interface CountedRating {
  readonly step: number
  readonly updateTimeMs: number
  readonly ratedTimeMs?: number | undefined
}

interface CountedRecord {
  readonly record: RecordRef
  readonly ratings: ReadonlyMap<string, CountedRating>
}

/**
 * Counts whole records, because their ratings are in no order.
 *
 * @param listed The records by number, from 1.
 */
export function createMemoryPeriods(
  listed: readonly CountedRecord[],
  rules: ScoringRules,
): PeriodCounts {
  return {
    async countPeriods(times, { record: after }, size) {
      const counter = createStepCounter(times)
      const counts: StepCount[] = []
      let number = after
      let sizeLeft = size
      while (sizeLeft > 0 && number < listed.length) {
        const { record, ratings } = listed[number++] as CountedRecord
        for (const { step, ratedTimeMs, updateTimeMs } of ratings.values()) {
          counter.add(step, ratedTimeMs ?? updateTimeMs)
        }
        counts.push(...counter.take(record))
        // A record without ratings takes time, too.
        sizeLeft -= 1 + ratings.size
      }
      const next = number < listed.length ? { record: number, userId: '' } : undefined
      return { counts, next, rules }
    },
  }
}
