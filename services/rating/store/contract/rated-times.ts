import { expect, test } from 'bun:test'
import type { Rating, RatingChange } from '../../rating.ts'
import { createScale } from '../../scale.ts'
import { defaultRules, scoringOf } from '../../scoring.ts'
import type { RatingDatabase } from '../database.ts'
import type { RatingState } from '../outbox.ts'
import { alien, heat, movie, type OpenRatingStore, rating, rules } from './fixtures.ts'
import type { ConvertScale } from './scales.ts'

const lease = { holder: 'one', durationMs: 60_000 }
const firstMs = Date.parse('0001-01-01T00:00:00Z')
const lastMs = Date.parse('9999-12-31T23:59:59.999Z')
const times = [firstMs, -1, 0, 1_706_704_215_250, lastMs]

const rated = (ratedTimeMs: number | undefined, one: Rating) => ({ ...one, ratedTimeMs })
const put = (ratedTimeMs: number | undefined, one: Rating): RatingChange => {
  return { ...rated(ratedTimeMs, one), kind: 'put' }
}

/** Declares the tests of the times at which users rated. */
export function describeRatedTimes(
  createDatabase: () => OpenRatingStore,
  clock: () => number,
): void {
  const openNew = () => createDatabase()({ rules, clock })

  test('a rated time is returned to the millisecond, wherever the rating is', async () => {
    await using store = await openNew()
    for (const [index, timeMs] of times.entries()) {
      await store.put([rated(timeMs, rating('ann', 4, movie(`${index}`)))])
    }
    await store.put([rating('ann', 4, movie('none'))])
    const get = async (id: string) => (await store.get(movie(id), 'ann'))?.ratedTimeMs
    for (const [index, timeMs] of times.entries()) expect(await get(`${index}`)).toBe(timeMs)
    expect(await get('none')).toBeUndefined()
    const newest = [undefined, ...times.toReversed()]
    const { ratings } = await store.ratingsOfUser('ann', { limit: 9 })
    expect(ratings.map(({ ratedTimeMs }) => ratedTimeMs)).toEqual(newest)
    const ofRecord = await store.ratingsOfRecord(movie('0'), { limit: 9 })
    expect(ofRecord.ratings.map(({ ratedTimeMs }) => ratedTimeMs)).toEqual([firstMs])
    const all = await store.outbox.ratings({ record: 0, userId: '' }, 9)
    expect(new Set(all.ratings.map(({ ratedTimeMs }) => ratedTimeMs))).toEqual(new Set(newest))
  })

  test('the rated time is that of the last put, which may have none', async () => {
    await using store = await openNew()
    const current = async () => (await store.get(alien, 'ann'))?.ratedTimeMs
    await store.put([rated(5, rating('ann', 4)), rated(6, rating('ann', 4))])
    expect(await current()).toBe(6)
    await store.edit(put(7, rating('ann', 4)), () => true)
    expect(await current()).toBe(7)
    await store.put([rating('ann', 5)])
    expect(await current()).toBeUndefined()
    await store.put([rated(8, rating('ann', 5))])
    await store.delete(alien, 'ann')
    await store.put([rating('ann', 5)])
    expect(await current()).toBeUndefined()
    await store.apply({
      ...{ topic: 'ratings', log: 'log', partition: 0, nextPosition: 3 },
      expectedPosition: undefined,
      changes: [put(9, rating('ann', 1)), put(undefined, rating('bob', 1))],
    })
    expect(await current()).toBe(9)
    expect((await store.get(alien, 'bob'))?.ratedTimeMs).toBeUndefined()
  })

  test('a rating that was rated earlier is still listed by the time of its put', async () => {
    await using store = await openNew()
    await store.put([rated(lastMs, rating('ann', 4, heat))])
    await store.put([rated(firstMs, rating('ann', 4))])
    const { ratings } = await store.ratingsOfUser('ann', { limit: 9 })
    expect(ratings.map(({ recordId }) => recordId)).toEqual(['alien', 'heat'])
    expect(ratings[0]?.updateTimeMs).toBeGreaterThan(ratings[1]?.updateTimeMs ?? Number.NaN)
  })

  test('every write is in the outbox with the rated times of its ratings', async () => {
    await using store = await openNew()
    await publishing(store)
    await store.put([
      rated(firstMs, rating('ann', 4)),
      rating('bob', 2),
      rated(lastMs, rating('ann', 3, heat)),
    ])
    await store.put([rating('ann', 4)])
    await store.delete(heat, 'ann')
    await store.put([rated(0, rating('cy', 1))])
    const { ratings, through } = await store.outbox.unpublished(99)
    expect(ratings.map(briefly)).toEqual([
      `alien ann 4 ${firstMs}`,
      'alien bob 2 -',
      `heat ann 3 ${lastMs}`,
      'alien ann 4 -',
      'heat ann - -',
      'alien cy 1 0',
    ])
    await store.outbox.save(lease, { through: through ?? 0 })
    await store.outbox.repeat(ratings, undefined)
    const again = await store.outbox.unpublished(99)
    expect(again.ratings.at(-1)).toEqual((await store.get(alien, 'cy')) as RatingState)
  })

  test('restored ratings have the rated times of the other store', async () => {
    await using store = await openNew()
    await using other = await openNew()
    await store.put([rated(firstMs, rating('ann', 4)), rating('bob', 2)])
    const { ratings } = await store.outbox.ratings({ record: 0, userId: '' }, 9)
    await other.put([rated(77, rating('bob', 2))])
    await other.restore.ratings(ratings)
    for (const userId of ['ann', 'bob']) {
      expect(await other.get(alien, userId)).toEqual(await store.get(alien, userId))
    }
  })
}

/** Declares the tests of rated times that a database keeps. */
export function describeStoredRatedTimes(
  createDatabase: () => OpenRatingStore,
  clock: () => number,
  convert: ConvertScale,
): void {
  test('a conversion keeps the rated time of every rating', async () => {
    const open = createDatabase()
    const first = await open({ rules: defaultRules, clock })
    await first.put([rated(firstMs, rating('ann', 4.5)), rating('bob', 2)])
    await first[Symbol.asyncDispose]()
    const tens = scoringOf(createScale('1:10:1'))
    await convert(open, { recordType: 'movie', to: tens.scale, multiply: 2, divide: 1 })
    const rules = { ...defaultRules, named: new Map([['movie', tens]]) }
    await using second = await open({ rules, clock })
    expect(await second.get(alien, 'ann')).toMatchObject({ value: 9, ratedTimeMs: firstMs })
    expect((await second.get(alien, 'bob'))?.ratedTimeMs).toBeUndefined()
  })
}

async function publishing({ outbox }: RatingDatabase): Promise<void> {
  await outbox.claim(lease)
  expect(await outbox.begin('one', 'topics')).toBe(true)
}

function briefly({ recordId, userId, value, ratedTimeMs }: RatingState): string {
  return `${recordId} ${userId} ${value ?? '-'} ${ratedTimeMs ?? '-'}`
}
