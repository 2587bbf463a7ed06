import { openPostgres } from '@marquee/sql/postgres/postgres'
import { nextRevision } from '@marquee/sql/revision'
import { scaleText } from '../scale.ts'
import { histogramOf } from './aggregate-row.ts'
import {
  type Conversion,
  type Converted,
  convertedRecordsMax,
  createConverter,
  requireRecords,
} from './converter.ts'
import { channelOf } from './postgres-feed.ts'
import { schema } from './postgres-tables.ts'
import { toRules } from './stored-rules.ts'

/** Maximum time of a conversion, in milliseconds. */
const conversionTimeoutMs = 30 * 60_000

/** Converts the ratings of a record type in a PostgreSQL database. See `convertScale`. */
export async function convertPostgres(url: string, conversion: Conversion): Promise<Converted> {
  await using db = await openPostgres({ url, schema })
  return await db.transaction(
    async (query) => {
      const { recordType } = conversion
      await query({ text: 'LOCK TABLE aggregate, rating IN EXCLUSIVE MODE' })
      const [state] = await query({ text: 'SELECT revision FROM scoring FOR UPDATE' })
      const rules = toRules(await query({ text: 'SELECT * FROM scoring_rule' }))
      const { scoring, steps, convert } = createConverter(rules, conversion)
      const { scale, prior } = scoring
      await query(
        {
          text: `INSERT INTO scoring_rule VALUES ($1, $2, $3, $4) ON CONFLICT (record_type)
            DO UPDATE SET scale = excluded.scale, prior_mean = excluded.prior_mean,
              prior_weight = excluded.prior_weight`,
        },
        [recordType, scaleText(scale), prior.mean, prior.weight],
      )
      const revision = nextRevision(state?.revision as number, Date.now())
      await query(advance, [revision, await channelOf(query)])
      await query(publishAgain, [revision])
      let [records, ratings, after] = [0, 0, 0]
      for (;;) {
        const rows = await query(select, [recordType, after, convertedRecordsMax])
        const results = rows.map((row) => {
          const recordNumber = row.record_number as number
          return convert({ recordNumber, histogram: histogramOf(row) })
        })
        const numbers = results.map(({ recordNumber }) => recordNumber)
        await query(update, [
          revision,
          prior.mean,
          prior.weight,
          numbers,
          results.map(({ histogram }) => `{${histogram.join()}}`),
          results.map(({ bayesianScore }) => bayesianScore),
        ])
        await query(move, [
          revision,
          numbers,
          steps.map(([from]) => from),
          steps.map(([, to]) => to),
        ])
        records += results.length
        ratings += results.reduce((total, { count }) => total + count, 0)
        if (rows.length < convertedRecordsMax) {
          return requireRecords({ records, ratings }, conversion)
        }
        after = numbers.at(-1) ?? after
      }
    },
    { timeoutMs: conversionTimeoutMs },
  )
}

// Announces the conversion to open stores when it commits, so that their watches read again.
const advance = {
  text: `UPDATE scoring SET revision = $1, epoch = epoch + 1
    RETURNING pg_notify($2, 'conversion:' || revision)`,
}

const publishAgain = {
  text: `UPDATE feed SET pass_record = 0, pass_user = '', pass_after = $1 WHERE target IS NOT NULL`,
}

// Also of records that nobody rates any more, which keep a histogram of zeros.
const select = {
  text: `SELECT record_number, histogram FROM aggregate
    WHERE record_type = $1 AND record_number > $2 ORDER BY record_number LIMIT $3`,
}

const update = {
  text: `UPDATE aggregate SET histogram = new.histogram::integer[], prior_mean = $2,
      prior_weight = $3, revision = $1,
      bayesian_score = CASE WHEN count = 0 THEN 0 ELSE new.bayesian_score END
    FROM unnest($4::bigint[], $5::text[], $6::double precision[])
      AS new (record_number, histogram, bayesian_score)
    WHERE aggregate.record_number = new.record_number`,
}

const move = {
  text: `UPDATE rating SET step = pair.new, revision = $1
    FROM unnest($3::smallint[], $4::smallint[]) AS pair (old, new)
    WHERE step = pair.old AND record_number = ANY ($2::bigint[])`,
}
