import { setImmediate } from 'node:timers/promises'
import { type Histogram, type RecordRef, recordKey } from '../rating.ts'
import { countOf } from '../scale.ts'
import { type ScoringRules, scoreOf, scoringFor } from '../scoring.ts'
import type { PeriodCounts, PeriodTimes, StepCount } from '../store/period-counts.ts'
import type { RatingStore } from '../store/port.ts'
import type { RatingPlace } from '../store/rating-lists.ts'
import { type CountedEntry, createScoreOrder, type ScoreOrder } from '../store/score-order.ts'
import type { Period } from './period.ts'

/** Record of a top list, with its ratings of the period. */
export interface PeriodEntry extends CountedEntry {
  readonly histogram: Histogram
}

type Orders = Readonly<Record<Period, ScoreOrder<PeriodEntry>>>

/** The top lists of the periods that end at one time. */
export interface Rankings {
  /** Every change up to this revision is counted. */
  readonly revision: number
  readonly rules: ScoringRules
  /** Lists by record type. `undefined` when they have more than `recordCountMax` records. */
  readonly orders: ReadonlyMap<string, Orders> | undefined
}

export const rankingLimits = {
  /** Number of ratings that are counted without a pause: some milliseconds. */
  sliceSize: 2_000,
  /**
   * Maximum number of records with ratings in a month, of all types. Each takes about 350 bytes.
   */
  recordCountMax: 200_000,
  /** Maximum number of countings, each of which begins again when the rules change meanwhile. */
  attemptsMax: 3,
}

export type RankingLimits = Readonly<typeof rankingLimits>

/**
 * Counts the ratings of the periods, and ranks their records. Reads all ratings, in slices that let
 * other tasks run. A rating that changes meanwhile may be counted or not.
 */
export async function rank(
  store: PeriodCounts & Pick<RatingStore, 'revision'>,
  times: PeriodTimes,
  limits: RankingLimits = rankingLimits,
): Promise<Rankings> {
  for (let attempt = 0; attempt < limits.attemptsMax; attempt++) {
    const rankings = await rankOnce(store, times, limits)
    if (rankings !== undefined) return rankings
  }
  throw new Error('other processes change the rules again and again')
}

/** Returns `undefined` when the rules have changed between two slices. */
async function rankOnce(
  store: PeriodCounts & Pick<RatingStore, 'revision'>,
  times: PeriodTimes,
  { sliceSize, recordCountMax }: RankingLimits,
): Promise<Rankings | undefined> {
  const revision = await store.revision()
  let place: RatingPlace | undefined = { record: 0, userId: '' }
  let ranking: ReturnType<typeof createRanking> | undefined
  while (place !== undefined) {
    const { counts, next, rules } = await store.countPeriods(times, place, sliceSize)
    ranking ??= createRanking(rules)
    if (rules !== ranking.rules) return undefined
    ranking.add(counts)
    if (ranking.recordCount() > recordCountMax) return { revision, rules, orders: undefined }
    place = next
    await setImmediate()
  }
  return ranking && { revision, rules: ranking.rules, orders: ranking.finish() }
}

interface Draft {
  readonly record: RecordRef
  readonly counts: Readonly<Record<Period, number[]>>
}

/** Ranks records whose counts arrive one record after the other, in any number of parts. */
function createRanking(rules: ScoringRules) {
  const orders = new Map<string, Orders>()
  let recordCount = 0
  let draft: Draft | undefined

  function begin({ recordType, recordId }: RecordRef): Draft {
    const zeros = scoringFor(rules, recordType).scale.values.map(() => 0)
    recordCount++
    return { record: { recordType, recordId }, counts: { week: zeros, month: [...zeros] } }
  }

  function addDraft({ record: { recordType, recordId }, counts }: Draft): void {
    const scoring = scoringFor(rules, recordType)
    const lists = orders.get(recordType) ?? { week: createOrder(), month: createOrder() }
    orders.set(recordType, lists)
    const enter = (period: Period, histogram: Histogram) => {
      const [count, bayesianScore] = [countOf(histogram), scoreOf(histogram, scoring)]
      if (count > 0) lists[period].add({ recordId, count, bayesianScore, histogram })
    }
    enter('month', counts.month)
    const isSame = countOf(counts.week) === countOf(counts.month)
    enter('week', isSame ? counts.month : counts.week)
  }

  return {
    rules,
    recordCount: () => recordCount,
    add(counts: readonly StepCount[]): void {
      for (const one of counts) {
        if (draft === undefined || recordKey(draft.record) !== recordKey(one)) {
          if (draft) addDraft(draft)
          draft = begin(one)
        }
        const { week, month } = draft.counts
        week[one.step] = (week[one.step] ?? 0) + one.weekCount
        month[one.step] = (month[one.step] ?? 0) + one.monthCount
      }
    },
    finish() {
      if (draft) addDraft(draft)
      draft = undefined
      return orders
    },
  }
}

function createOrder(): ScoreOrder<PeriodEntry> {
  return createScoreOrder<PeriodEntry>()
}
