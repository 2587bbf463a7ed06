import { expect } from 'bun:test'
import { join } from 'node:path'
import { defaultRules } from '../../scoring.ts'
import type { ChangeSink, RatingStore } from '../port.ts'
import { alien, heat } from './fixtures.ts'

/**
 * Databases that version 2 of the schemas has written, when values were the whole numbers 1 to 5.
 * Both have the same ratings.
 */
export const wholeNumbers = {
  sqlite: join(import.meta.dirname, 'files', 'whole-numbers.db'),
  postgres: join(import.meta.dirname, 'files', 'whole-numbers.sql'),
}

/** Expects what the databases have, on the default scale. */
export async function expectWholeNumbers(store: RatingStore & ChangeSink): Promise<void> {
  for (const [index, value] of [1, 2, 3, 4, 5, 5].entries()) {
    expect((await store.get(alien, `user-${index}`))?.value).toBe(value)
  }
  const found = await store.aggregate(alien)
  expect(found).toMatchObject({
    count: 6,
    mean: 20 / 6,
    histogram: [0, 1, 0, 1, 0, 1, 0, 1, 0, 2],
    bayesianScore: (10 * 2.75 + 20) / 16,
    prior: defaultRules.others.prior,
  })
  const { updateTimeMs } = (await store.get(alien, 'user-0')) ?? {}
  expect(found?.updateTimeMs).toBe(updateTimeMs ?? Number.NaN)
  expect(await store.aggregate(heat)).toMatchObject({ count: 3, mean: 11 / 3 })
  expect(await store.aggregate({ recordType: 'book', recordId: 'heat' })).toMatchObject({ mean: 4 })
  expect(await store.aggregate({ recordType: 'movie', recordId: 'gone' })).toBeUndefined()
  const { aggregates } = await store.top({ recordType: 'movie', countMin: 0, limit: 9 })
  expect(aggregates.map(({ recordId }) => recordId)).toEqual(['alien', 'heat'])
  expect(await store.storedLog('ratings')).toEqual({
    identity: 'the-log',
    positions: [{ partition: 2, offset: 7, lastEvent: { offset: 6, digest: 'abc' } }],
  })
  await store.put([{ ...alien, userId: 'user-0', value: 4.5 }])
  expect((await store.aggregate(alien))?.histogram).toEqual([0, 0, 0, 1, 0, 1, 0, 1, 1, 2])
}
