import { expect } from 'bun:test'
import type { RatingDatabase } from '../../store/database.ts'
import { allRatings, allStates, sorted } from './feed.ts'

/** Expects the same ratings, states and top list in both stores, bit for bit. */
export async function expectSameStores(one: RatingDatabase, other: RatingDatabase): Promise<void> {
  expect(sorted(await allRatings(one))).toEqual(sorted(await allRatings(other)))
  const states = await allStates(other)
  expect(sorted(await allStates(one))).toEqual(sorted(states))
  for (const recordType of new Set(states.map((state) => state.recordType))) {
    const options = { recordType, countMin: 1, limit: 1_000 }
    expect(await one.top(options)).toEqual(await other.top(options))
  }
  expect(await one.revision()).toBeGreaterThanOrEqual(await other.revision())
}
