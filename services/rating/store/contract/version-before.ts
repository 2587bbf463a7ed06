import { expect } from 'bun:test'
import type { RatingStore } from '../port.ts'
import { alien, rating } from './fixtures.ts'

/**
 * Puts a rating of 4 as the version before does, which has no rated times. During a rolling update,
 * instances of both versions use a database.
 */
const putStatement = (userId: string) => `INSERT INTO rating
    (record_number, user_id, step, revision, update_time_ms)
  SELECT record_number, '${userId}', 3, revision, update_time_ms FROM aggregate
    WHERE record_id = '${alien.recordId}'
  ON CONFLICT (record_number, user_id) DO UPDATE SET step = excluded.step,
    revision = excluded.revision, update_time_ms = excluded.update_time_ms`

/**
 * Expects that puts of the version before succeed, and that they keep the rated time of the rating
 * that they replace.
 *
 * @param run Runs a statement on the database of the store.
 */
export async function expectVersionBefore(
  store: RatingStore,
  run: (statement: string) => unknown,
): Promise<void> {
  await store.put([{ ...rating('ann', 4), ratedTimeMs: 77 }])
  for (const userId of ['ann', 'bob']) await run(putStatement(userId))
  expect(await store.get(alien, 'ann')).toMatchObject({ value: 4, ratedTimeMs: 77 })
  const added = await store.get(alien, 'bob')
  expect([added?.value, added?.ratedTimeMs]).toEqual([4, undefined])
  await store.put([rating('ann', 4)])
  expect((await store.get(alien, 'ann'))?.ratedTimeMs).toBeUndefined()
}
