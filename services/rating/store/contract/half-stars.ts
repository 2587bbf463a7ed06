import { expect } from 'bun:test'
import { join } from 'node:path'
import { createScale } from '../../scale.ts'
import { defaultRules, type ScoringRules, scoringOf } from '../../scoring.ts'
import type { ChangeSink, RatingStore } from '../port.ts'
import { alien, heat, movie } from './fixtures.ts'

/**
 * Databases that version 3 of the schemas has written, when a rating had no revision, and SQLite
 * deleted a record without ratings. Both have the same ratings.
 */
export const halfStars = {
  sqlite: join(import.meta.dirname, 'files', 'half-stars.db'),
  postgres: join(import.meta.dirname, 'files', 'half-stars.sql'),
}

/** The rules that the databases were written with. */
export const halfStarRules: ScoringRules = {
  ...defaultRules,
  named: new Map([['photo', scoringOf(createScale('0:1:1'))]]),
}

/** Expects what the databases have. */
export async function expectHalfStars(store: RatingStore & ChangeSink): Promise<void> {
  const aliens = await store.aggregate(alien)
  for (const [index, value] of [0.5, 1.5, 2, 3, 4.5, 5].entries()) {
    const { revision, updateTimeMs } = aliens ?? {}
    const found = await store.get(alien, `user-${index}`)
    expect(found).toMatchObject({ value, revision, updateTimeMs })
  }
  expect(aliens?.updateTimeMs).toBeGreaterThan(1_790_000_000_000)
  expect(aliens).toMatchObject({
    count: 6,
    mean: 16.5 / 6,
    histogram: [1, 0, 1, 1, 0, 1, 0, 0, 1, 1],
    bayesianScore: (10 * 2.75 + 16.5) / 16,
    prior: { mean: 2.75, weight: 10 },
  })
  expect(await store.aggregate(heat)).toMatchObject({ count: 3, mean: 9.5 / 3 })
  expect(await store.get(heat, 'user-5')).toMatchObject({ value: 1 })
  const { ratings } = await store.ratingsOfUser('user-5', { limit: 9 })
  expect(ratings.map(({ recordId }) => recordId).toSorted()).toEqual(['alien', 'heat'])
  const photo = { recordType: 'photo', recordId: 'heat' }
  expect(await store.aggregate(photo)).toMatchObject({ histogram: [0, 1] })
  expect(await store.aggregate(movie('gone'))).toBeUndefined()
  const { aggregates } = await store.top({ recordType: 'movie', countMin: 0, limit: 9 })
  expect(aggregates.map(({ recordId }) => recordId)).toEqual(['heat', 'alien'])
  const { states } = await store.changes({ after: { revision: 0, place: Infinity }, limit: 9 })
  expect(states.filter(({ count }) => count > 0).map(({ recordId }) => recordId)).toEqual([
    'alien',
    'heat',
    'heat',
  ])
  expect(await store.storedLog('ratings')).toEqual({
    identity: 'the-log',
    positions: [{ partition: 2, offset: 7, lastEvent: { offset: 6, digest: 'abc' } }],
  })
}
