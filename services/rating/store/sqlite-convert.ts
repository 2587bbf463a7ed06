import { nextRevision } from '@marquee/sql/revision'
import { announceUse } from '@marquee/sql/sqlite/instance'
import { closeSqlite, openSqlite, transaction } from '@marquee/sql/sqlite/sqlite'
import { scaleText } from '../scale.ts'
import { histogramOf } from './aggregate-row.ts'
import {
  type Conversion,
  type Converted,
  convertedRecordsMax,
  createConverter,
  requireRecords,
} from './converter.ts'
import { prepareStatements, recordNumberOf, schema } from './sqlite-tables.ts'
import { toRules } from './stored-rules.ts'

const publishAgain = `UPDATE feed SET pass_record = 0, pass_user = '', pass_after = ?
  WHERE target IS NOT NULL`

/**
 * Converts the ratings of a record type in an SQLite file. See `convertScale`. Throws when another
 * process uses the file.
 */
export function convertSqlite(path: string, conversion: Conversion): Converted {
  const db = openSqlite(path, schema, { checked: true })
  let isShared = false
  try {
    using _ = announceUse(path, () => {
      isShared = true
    })
    if (isShared) throw new Error(`another process uses ${path}: stop it first`)
    return transaction(db, () => {
      const { recordType } = conversion
      const sql = prepareStatements(db)
      const rules = toRules(sql.rules.all())
      const { scoring, steps, convert } = createConverter(rules, conversion)
      const { scale, prior } = scoring
      db.prepare('INSERT OR REPLACE INTO scoring_rule VALUES (?, ?, ?, ?)').run(
        recordType,
        scaleText(scale),
        prior.mean,
        prior.weight,
      )
      const revision = nextRevision(sql.scoring.get()?.revision as number, Date.now())
      sql.setRevision.run(revision)
      sql.nextEpoch.run()
      db.prepare(publishAgain).run(revision)
      const select = db.prepare(
        `SELECT record_number, histogram FROM aggregate
         WHERE record_type = ? AND record_number > ? ORDER BY record_number LIMIT ?`,
      )
      const update = db.prepare(
        `UPDATE aggregate SET histogram = ?, bayesian_score = iif(count = 0, 0, ?), prior_mean = ?,
           prior_weight = ?, revision = ? WHERE record_number = ?`,
      )
      // Every step of a rating is among them: `convert` has refused the others.
      const pairs = JSON.stringify(Object.fromEntries(steps))
      const move = db.prepare(
        `UPDATE rating SET step = CAST(? ->> ('$."' || step || '"') AS INTEGER), revision = ?
         WHERE record_number = ?`,
      )
      let [records, ratings, after] = [0, 0, 0]
      for (;;) {
        const rows = select.all(recordType, after, convertedRecordsMax)
        for (const row of rows) {
          const recordNumber = recordNumberOf(row)
          const result = convert({ recordNumber, histogram: histogramOf(row) })
          const histogram = JSON.stringify(result.histogram)
          const values = [histogram, result.bayesianScore, prior.mean, prior.weight, revision]
          update.run(...values, recordNumber)
          move.run(pairs, revision, recordNumber)
          records++
          ratings += result.count
        }
        if (rows.length < convertedRecordsMax) {
          return requireRecords({ records, ratings }, conversion)
        }
        after = recordNumberOf(rows.at(-1))
      }
    })
  } finally {
    closeSqlite(db)
  }
}
