import type { Query, Statement } from '@marquee/sql/postgres/connection'
import type { Postgres } from '@marquee/sql/postgres/postgres'
import type { RatingChange } from '../rating.ts'
import type { ChangeBatch, EventSkip } from './port.ts'
import { reading, writing } from './postgres-tables.ts'
import { keptChanges, type Skip, userHash } from './skipped-events.ts'

const skipping = {
  add: {
    text: `INSERT INTO skipped_events (topic, partition, user_hash, before_offset)
      SELECT $1, ended.partition - 1, $2, ended.before_offset
      FROM unnest($3::bigint[]) WITH ORDINALITY AS ended (before_offset, partition)
      WHERE ended.before_offset > coalesce((SELECT next_offset FROM position
        WHERE position.topic = $1 AND position.partition = ended.partition - 1), 0)
      ON CONFLICT (topic, partition, user_hash)
      DO UPDATE SET before_offset = excluded.before_offset`,
  },
  of: {
    name: 'skips',
    text: `SELECT user_hash, before_offset FROM skipped_events WHERE topic = $1 AND partition = $2`,
  },
  remove: {
    text: 'DELETE FROM skipped_events WHERE topic = $1 AND partition = $2 AND before_offset <= $3',
  },
  removeAll: { text: 'DELETE FROM skipped_events WHERE topic = $1' },
} satisfies Record<string, Statement>

/** Waits for the batches in flight, which may have events of the user, and blocks new ones. */
export async function skipEvents(db: Postgres, skip: EventSkip): Promise<void> {
  const { topic, log, userId, ends } = skip
  await db.transaction(async (query) => {
    await query(writing.insertLog, [topic, log])
    const [stored] = await query(writing.lockLog, [topic])
    if (stored?.identity !== log) return
    const hash = userHash(await installationId(query), userId)
    await query(skipping.add, [topic, hash, ends])
  })
}

/** Returns the changes that are to be applied, in the transaction that saves the position after. */
export async function takeKept(query: Query, batch: ChangeBatch): Promise<readonly RatingChange[]> {
  const { topic, partition, nextPosition } = batch
  const rows = await query(skipping.of, [topic, partition])
  if (rows.length === 0) return batch.changes
  const skips = rows.map((row): Skip => {
    return { userHash: row.user_hash as string, before: row.before_offset as number }
  })
  await query(skipping.remove, [topic, partition, nextPosition])
  const installation = await installationId(query)
  return keptChanges(batch, skips, () => installation)
}

/** Ends all skips of the topic. */
export async function endSkips(query: Query, topic: string): Promise<void> {
  await query(skipping.removeAll, [topic])
}

async function installationId(query: Query): Promise<string> {
  return (await query(reading.installation))[0]?.id as string
}
