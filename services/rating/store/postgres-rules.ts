import type { Query, Row } from '@marquee/sql/postgres/connection'
import type { Postgres } from '@marquee/sql/postgres/postgres'
import { nextRevision } from '@marquee/sql/revision'
import { type ScoringRules, scoreOf, scoringFor } from '../scoring.ts'
import { histogramOf } from './aggregate-row.ts'
import { reading, writing } from './postgres-tables.ts'
import { advanceRevision, type WriteOptions } from './postgres-write.ts'
import { areSameRules, requireScales, storedRules, toRules } from './stored-rules.ts'

/** Rules of the database, with the number that grows whenever one changes. */
export interface EpochRules {
  readonly rules: ScoringRules
  readonly epoch: number
}

/** Maximum time of computing all scores again, in milliseconds. */
const rescoreTimeoutMs = 10 * 60_000

/** Number of records that a change of the prior reads at once. */
const rescoreSizeMax = 5_000

export async function readRules(read: Query): Promise<EpochRules> {
  const rows = await read(reading.rules)
  return { rules: toRules(rows), epoch: rows[0]?.epoch as number }
}

/**
 * Saves the rules. Rejects with an OtherScaleError, and changes nothing, when ratings are on another
 * scale. Computes again the scores that were made with another prior.
 */
export async function adoptRules(
  db: Postgres,
  options: Omit<WriteOptions, 'query' | 'epoch'>,
): Promise<EpochRules> {
  const { rules, clock } = options
  await db.transaction(async (query) => {
    await query(writing.insertScoring, [nextRevision(0, clock())])
  })
  const rows = await db.read(reading.rules)
  if (rows.length > 0 && areSameRules(toRules(rows), rules)) {
    return { rules, epoch: rows[0]?.epoch as number }
  }
  return db.transaction(
    async (query) => {
      // A writer locks records, then the scoring, and so does this.
      await query(writing.lockAggregates)
      await query(writing.lockScoring)
      const stored = await query(reading.rules)
      if (stored.length > 0) {
        const ratedTypes = (await query(reading.ratedTypes)).map(({ name }) => name as string)
        requireScales(toRules(stored), rules, ratedTypes)
      }
      await query(writing.deleteRules)
      await query(writing.insertRules, ruleColumns(rules))
      const epoch = (await query(writing.nextEpoch))[0]?.epoch as number
      await rescoreAll({ ...options, query, epoch })
      return { rules, epoch }
    },
    { timeoutMs: rescoreTimeoutMs },
  )
}

/** Computes again the scores that were made with another prior. */
async function rescoreAll(options: WriteOptions): Promise<void> {
  const { query, rules } = options
  let revision: number | undefined
  let after = 0
  for (;;) {
    const rows = await query(reading.aggregatesFrom, [after, rescoreSizeMax])
    const stale = rows.filter((row) => {
      const { prior } = scoringFor(rules, row.record_type as string)
      return row.prior_mean !== prior.mean || row.prior_weight !== prior.weight
    })
    if (stale.length > 0) {
      revision ??= await advanceRevision(options)
      await query(writing.setScores, [revision, ...scoreColumns(stale, rules)])
    }
    if (rows.length < rescoreSizeMax) return
    after = rows.at(-1)?.record_number as number
  }
}

function scoreColumns(rows: readonly Row[], rules: ScoringRules): number[][] {
  const scorings = rows.map((row) => scoringFor(rules, row.record_type as string))
  const scores = rows.map((row, index) =>
    scoreOf(histogramOf(row), scorings[index] ?? rules.others),
  )
  return [
    rows.map((row) => row.record_number as number),
    scores,
    scorings.map(({ prior }) => prior.mean),
    scorings.map(({ prior }) => prior.weight),
  ]
}

function ruleColumns(rules: ScoringRules): (string | number)[][] {
  const rows = storedRules(rules)
  return [
    rows.map(({ recordType }) => recordType),
    rows.map(({ scale }) => scale),
    rows.map(({ priorMean }) => priorMean),
    rows.map(({ priorWeight }) => priorWeight),
  ]
}
