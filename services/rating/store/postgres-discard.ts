import { connect } from '@marquee/sql/postgres/connection'
import { schema } from './postgres-tables.ts'

/**
 * Removes all ratings, aggregates and positions, if the database still has the revision: each write
 * of a service advances it. Returns whether it did.
 */
export async function discardPostgres(url: string, revision: number): Promise<boolean> {
  await using connection = await connect(url, schema.kind)
  const { query } = connection
  await query({ text: 'BEGIN' })
  // Waits for writes in progress, and blocks new ones.
  await query({ text: 'LOCK TABLE aggregate, rating, position, log IN ACCESS EXCLUSIVE MODE' })
  const [row] = await query({ text: 'SELECT revision FROM scoring' })
  const isSame = row?.revision === revision
  if (isSame) await query({ text: 'TRUNCATE aggregate, rating, position, log' })
  await query({ text: 'COMMIT' })
  return isSame
}
