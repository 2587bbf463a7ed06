import type { DatabaseSync } from 'node:sqlite'
import { nextRevision } from '@marquee/sql/revision'
import { openTimeoutMs, snapshotOf, transaction } from '@marquee/sql/sqlite/sqlite'
import { type ScoringRules, scoreOf, scoringFor } from '../scoring.ts'
import { histogramOf, type Row } from './aggregate-row.ts'
import { type prepareStatements, recordNumberOf } from './sqlite-tables.ts'
import { areSameRules, requireScales, storedRules, toRules } from './stored-rules.ts'

/** Number of records that a change of the prior reads at once. */
const rescoreSizeMax = 1_000

/** Rules of an SQLite file. */
export interface SqliteRules {
  /** Returns the rules of the last read or write. */
  current(): ScoringRules
  /** Returns the rules of the state that `read` shows. Called within each read. */
  shown(): ScoringRules
  /** Returns the rules of the transaction. Called within each write. */
  refresh(): ScoringRules
}

/**
 * Saves the rules. Throws an OtherScaleError, and changes nothing, when ratings are on another
 * scale. Computes again the scores that were made with another prior.
 */
export function adoptRules(
  db: DatabaseSync,
  sql: ReturnType<typeof prepareStatements>,
  { rules, clock }: { readonly rules: ScoringRules; readonly clock: () => number },
): SqliteRules {
  let current = rules
  let epoch = transaction(db, adopt, openTimeoutMs)
  let snapshot: number | undefined

  function adopt(): number {
    sql.insertScoring.run(nextRevision(0, clock()))
    const rows = sql.rules.all()
    if (rows.length > 0) {
      const stored = toRules(rows)
      const ratedTypes = sql.ratedTypes.all().map(({ name }) => name as string)
      requireScales(stored, rules, ratedTypes)
      if (areSameRules(stored, rules)) return storedEpoch()
    }
    sql.deleteRules.run()
    for (const { recordType, scale, priorMean, priorWeight } of storedRules(rules)) {
      sql.insertRule.run(recordType, scale, priorMean, priorWeight)
    }
    sql.nextEpoch.run()
    rescoreAll()
    return storedEpoch()
  }

  function storedEpoch(): number {
    return sql.scoring.get()?.epoch as number
  }

  function rescoreAll(): void {
    const revision = nextRevision(sql.scoring.get()?.revision as number, clock())
    let count = 0
    let rows = sql.aggregatesFrom.all(0, rescoreSizeMax)
    while (rows.length > 0) {
      for (const row of rows) count += rescore(row, revision)
      rows = sql.aggregatesFrom.all(recordNumberOf(rows.at(-1)), rescoreSizeMax)
    }
    if (count > 0) sql.setRevision.run(revision)
  }

  /** Returns 1 when the score was made with another prior, otherwise 0. */
  function rescore(row: Row, revision: number): number {
    const scoring = scoringFor(rules, row.record_type as string)
    const { prior } = scoring
    if (row.prior_mean === prior.mean && row.prior_weight === prior.weight) return 0
    const score = scoreOf(histogramOf(row), scoring)
    sql.setScore.run(score, prior.mean, prior.weight, revision, recordNumberOf(row))
    return 1
  }

  /** Reads the rules again when another process has changed them. */
  function refresh(): ScoringRules {
    const stored = storedEpoch()
    if (stored !== epoch) {
      current = toRules(sql.rules.all())
      epoch = stored
    }
    return current
  }

  return {
    current: () => current,
    shown() {
      const shown = snapshotOf(db)
      if (shown !== snapshot) {
        refresh()
        snapshot = shown
      }
      return current
    },
    refresh,
  }
}
