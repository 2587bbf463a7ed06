import { expect, test } from 'bun:test'
import { createScale } from '../../scale.ts'
import { defaultRules, type ScoringRules, scoringOf } from '../../scoring.ts'
import type { Conversion, Converted } from '../converter.ts'
import { alien, heat, movie, type OpenRatingStore, rating } from './fixtures.ts'

const gone = movie('gone')
const photo = { recordType: 'photo', recordId: 'alien' }
const thumbs = scoringOf(createScale('0:1:1'))
const tens = scoringOf(createScale('1:10:1'))

/** Half stars for every record type but photos. */
const photoRules = (photos = thumbs): ScoringRules => ({
  ...defaultRules,
  named: new Map([['photo', photos]]),
})

/** Declares the tests of scales. */
export function describeScales(createDatabase: () => OpenRatingStore, clock: () => number): void {
  test('each record type has values on its own scale, kept exactly', async () => {
    await using store = await createDatabase()({ rules: photoRules(), clock })
    await store.put([
      rating('ann', 0.5),
      rating('bob', 4.5),
      rating('ann', 0, photo),
      rating('bob', 1, photo),
      rating('cy', 1, photo),
    ])
    expect((await store.get(alien, 'bob'))?.value).toBe(4.5)
    expect((await store.get(photo, 'ann'))?.value).toBe(0)
    const movie = await store.aggregate(alien)
    expect(movie).toMatchObject({ mean: 2.5, histogram: [1, 0, 0, 0, 0, 0, 0, 0, 1, 0] })
    expect(movie?.prior).toEqual({ mean: 2.75, weight: 10 })
    const photos = await store.aggregate(photo)
    expect(photos).toMatchObject({ mean: 2 / 3, histogram: [1, 2] })
    expect(photos?.bayesianScore).toBe((10 * 0.5 + 2) / 13)
    expect(store.scoring('photo').scale.values).toEqual([0, 1])
    expect(store.scoring('book').scale.values).toHaveLength(10)
  })

  test('a value between two steps is refused, and the message has the scale', async () => {
    await using store = await createDatabase()({ rules: photoRules(), clock })
    const message = async (written: Promise<unknown>) =>
      written.catch((error: Error) => `${error.name}: ${error.message}`)
    expect(await message(store.put([rating('ann', 4.25)]))).toBe(
      'RangeError: value must be 0.5 to 5 in steps of 0.5; got 4.25',
    )
    expect(await message(store.put([rating('ann', 0.5, photo)]))).toBe(
      'RangeError: value must be 0 to 1 in steps of 1; got 0.5',
    )
    expect(await store.aggregate(alien)).toBeUndefined()
  })
}

/** Converts the database of a store that is closed. */
export type ConvertScale = (open: OpenRatingStore, conversion: Conversion) => Promise<Converted>

/** Declares the tests of scales that a database keeps. */
export function describeStoredScales(
  createDatabase: () => OpenRatingStore,
  clock: () => number,
  convert: ConvertScale,
): void {
  test('a conversion moves every rating of one record type exactly', async () => {
    const open = createDatabase()
    const first = await open({ rules: defaultRules, clock })
    const values = [0.5, 1, 2.5, 4.5, 5, 5]
    await first.put(values.map((value, index) => rating(`user-${index}`, value)))
    await first.put([rating('ann', 3, heat), rating('ann', 4.5, photo), rating('ann', 4, gone)])
    await first.delete(gone, 'ann')
    const revision = await first.revision()
    await first[Symbol.asyncDispose]()
    const toTens = { recordType: 'movie', to: tens.scale, multiply: 2, divide: 1 }
    expect(await convert(open, toTens)).toMatchObject({ ratings: 7 })
    const rules = { ...defaultRules, named: new Map([['movie', tens]]) }
    await using second = await open({ rules, clock })
    for (const [index, value] of values.entries()) {
      expect((await second.get(alien, `user-${index}`))?.value).toBe(2 * value)
    }
    const found = await second.aggregate(alien)
    expect(found).toMatchObject({ mean: 37 / 6, histogram: [1, 1, 0, 0, 1, 0, 0, 0, 1, 2] })
    expect(found?.bayesianScore).toBe((10 * 5.5 + 37) / 16)
    expect(found?.revision).toBeGreaterThan(revision)
    expect((await second.get(photo, 'ann'))?.value).toBe(4.5)
    await second.put([rating('ann', 10, gone)])
    expect((await second.aggregate(gone))?.mean).toBe(10)
  })

  test('a conversion that is repeated changes nothing', async () => {
    const open = createDatabase()
    const first = await open({ rules: defaultRules, clock })
    await first.put([rating('ann', 2)])
    await first[Symbol.asyncDispose]()
    const toTens = { recordType: 'movie', to: tens.scale, multiply: 2, divide: 1 }
    await convert(open, toTens)
    const error = await convert(open, toTens).catch((thrown: Error) => thrown)
    expect((error as Error).message).toBe('ratings of "movie" are on the scale 1:10:1 already')
    const rules = { ...defaultRules, named: new Map([['movie', tens]]) }
    await using second = await open({ rules, clock })
    expect((await second.get(alien, 'ann'))?.value).toBe(4)
  })

  test('a record type without ratings is not converted', async () => {
    const open = createDatabase()
    await (await open({ rules: defaultRules, clock }))[Symbol.asyncDispose]()
    const conversion = { recordType: 'photo', to: thumbs.scale, multiply: 1, divide: 1 }
    const error = await convert(open, conversion).catch((thrown: Error) => thrown)
    expect((error as Error).message).toBe(
      'the database has no ratings of "photo": a new scale needs no conversion',
    )
  })

  test('a conversion changes nothing when one value has no place on the new scale', async () => {
    const open = createDatabase()
    const first = await open({ rules: defaultRules, clock })
    await first.put([rating('ann', 4), rating('bob', 4.5)])
    await first[Symbol.asyncDispose]()
    const stars = { recordType: 'movie', to: createScale('1:5:1'), multiply: 1, divide: 1 }
    const error = await convert(open, stars).catch((thrown: Error) => thrown)
    expect((error as Error).message).toBe(
      'ratings of "movie" have the value 4.5, and 4.5 × 1 is not on the scale of 1 to 5 in steps of 1',
    )
    await using second = await open({ rules: defaultRules, clock })
    expect((await second.aggregate(alien))?.mean).toBe(4.25)
  })

  test('a store does not open with another scale than that of its ratings, and changes nothing', async () => {
    const open = createDatabase()
    const first = await open({ rules: photoRules(), clock })
    await first.put([rating('ann', 1, photo)])
    await first[Symbol.asyncDispose]()
    const error = await open({ rules: photoRules(tens), clock }).catch((thrown: Error) => thrown)
    expect((error as Error).name).toBe('OtherScaleError')
    expect((error as Error).message).toContain(
      'its ratings of "photo" are on the scale 0:1:1, and --scale says 1:10:1: ',
    )
    expect((error as Error).message).not.toContain('\n')
    await using second = await open({ rules: photoRules(), clock })
    expect((await second.get(photo, 'ann'))?.value).toBe(1)
  })

  test('the scale of a record type without ratings may change', async () => {
    const open = createDatabase()
    const first = await open({ rules: photoRules(), clock })
    await first.put([rating('ann', 4.5), rating('ann', 1, photo)])
    await first.delete(photo, 'ann')
    await first[Symbol.asyncDispose]()
    await using second = await open({ rules: photoRules(tens), clock })
    await second.put([rating('ann', 7, photo)])
    expect((await second.get(photo, 'ann'))?.value).toBe(7)
    expect((await second.get(alien, 'ann'))?.value).toBe(4.5)
  })

  test('a record type that becomes named keeps its ratings when the scale is the same', async () => {
    const open = createDatabase()
    const first = await open({ rules: defaultRules, clock })
    await first.put([rating('ann', 4.5, photo)])
    await first[Symbol.asyncDispose]()
    await using second = await open({ rules: photoRules(defaultRules.others), clock })
    expect((await second.aggregate(photo))?.mean).toBe(4.5)
  })
}
