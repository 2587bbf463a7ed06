import { expect, test } from 'bun:test'
import { createScale } from '../../scale.ts'
import { defaultRules, scoringOf } from '../../scoring.ts'
import { alien, fiveStars, heat, type OpenRatingStore, rating, rules } from './fixtures.ts'

/** Declares the tests of several stores that are open on one database. */
export function describeSharing(createDatabase: () => OpenRatingStore): void {
  test('two stores on one database count together, with one sequence of revisions', async () => {
    const open = createDatabase()
    await using first = await open({ rules, clock: () => 2_000 })
    await using second = await open({ rules, clock: () => 1_000 })
    const revisions: number[] = []
    for (let round = 0; round < 20; round++) {
      const [writer, reader] = round % 2 === 0 ? [first, second] : [second, first]
      await writer.put([{ ...alien, userId: `user${round}`, value: (round % 5) + 1 }])
      expect((await reader.aggregate(alien))?.count).toBe(round + 1)
      revisions.push(await reader.revision())
    }
    expect((await first.aggregate(alien))?.histogram).toEqual([4, 4, 4, 4, 4])
    expect(revisions.toSorted((a, b) => a - b)).toEqual(revisions)
    expect(new Set(revisions).size).toBe(20)
  })

  test('a store lists what another store has put', async () => {
    const open = createDatabase()
    await using first = await open({ rules, clock: Date.now })
    await using second = await open({ rules, clock: Date.now })
    await first.put([rating('ann', 4), rating('ann', 3, heat)])
    await second.delete(heat, 'ann')
    for (const store of [first, second]) {
      const { ratings } = await store.ratingsOfUser('ann', { limit: 10 })
      expect(ratings.map(({ recordId }) => recordId)).toEqual([alien.recordId])
    }
  })

  test('all stores of a database compute scores by the prior that was saved last', async () => {
    const open = createDatabase()
    await using first = await open({ rules, clock: Date.now })
    await first.put([rating('ann', 5), rating('ann', 4, heat)])
    await using second = await open({ rules: fiveStars({ mean: 1, weight: 1 }), clock: Date.now })
    await Promise.all([first, second].map((store, index) => store.put([rating(`${index}`, 3)])))
    for (const store of [first, second]) {
      expect(await store.aggregate(alien)).toMatchObject({
        bayesianScore: (1 + 11) / (1 + 3),
        prior: { mean: 1, weight: 1 },
      })
      expect((await store.aggregate(heat))?.bayesianScore).toBe((1 + 4) / (1 + 1))
    }
  })

  test('a store reads ratings on the scale that another store has configured', async () => {
    const open = createDatabase()
    const photo = { recordType: 'photo', recordId: 'alien' }
    const tens = scoringOf(createScale('1:10:1'))
    await using first = await open({ rules: defaultRules, clock: Date.now })
    const named = new Map([['photo', tens]])
    await using second = await open({ rules: { ...defaultRules, named }, clock: Date.now })
    await second.put([rating('ann', 9, photo)])
    expect((await first.get(photo, 'ann'))?.value).toBe(9)
    expect(first.scoring('photo').scale.max).toBe(10)
    expect((await first.aggregate(photo))?.mean).toBe(9)
  })

  test('asking for the revision reads a scale that another store has configured', async () => {
    const open = createDatabase()
    const tens = scoringOf(createScale('1:10:1'))
    await using first = await open({ rules: defaultRules, clock: Date.now })
    await using _ = await open({ rules: { named: new Map(), others: tens }, clock: Date.now })
    await first.revision()
    expect(first.scoring('photo').scale.max).toBe(10)
  })

  test('two stores on one database apply the events of a partition once', async () => {
    const open = createDatabase()
    await using first = await open({ rules, clock: Date.now })
    await using second = await open({ rules, clock: Date.now })
    const positions: (number | undefined)[] = [undefined, undefined]
    while (positions.some((position) => position !== 50)) {
      const responses = [first, second].map((store, index) => {
        const expectedPosition = positions[index]
        const offset = expectedPosition ?? 0
        if (offset === 50) return 50
        return store.apply({
          topic: 'ratings',
          log: 'log',
          partition: 0,
          expectedPosition,
          nextPosition: offset + 1,
          changes: [{ ...alien, kind: 'put', userId: `${index}-${offset}`, value: 3 }],
        })
      })
      for (const [index, response] of responses.entries()) positions[index] = await response
    }
    expect((await second.aggregate(alien))?.count).toBe(50)
  })
}
