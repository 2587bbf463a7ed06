import { expect, test } from 'bun:test'
import { expectLinearChain, type WonWrite } from '@marquee/testing/linear-chain'
import { randomRuns } from '@marquee/testing/random-runs'
import fc from 'fast-check'
import type { RatingStore, RevisionCondition } from '../port.ts'
import { alien, movie, type OpenNew, put, rating, remove } from './fixtures.ts'

const always = () => true

/** Declares the tests of writes on a condition in one store. */
export function describeEdits(openNew: OpenNew): void {
  test('an edit that meets its condition puts and deletes, and returns the stamp of the rating', async () => {
    await using store = await openNew()
    const seen: (number | undefined)[] = []
    const see: RevisionCondition = (revision) => seen.push(revision) > 0
    const created = await store.edit(put('ann', 4), see)
    const first = await store.get(alien, 'ann')
    expect(created).toEqual({
      kind: 'met',
      stamp: { revision: first?.revision ?? 0, updateTimeMs: first?.updateTimeMs ?? 0 },
    })
    await store.edit(put('ann', 4), see)
    const second = await store.get(alien, 'ann')
    expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.NaN)
    expect(await store.edit(remove('ann'), see)).toMatchObject({ kind: 'met', stamp: {} })
    expect(await store.edit(remove('ann'), see)).toEqual({ kind: 'met', stamp: undefined })
    expect(seen).toEqual([undefined, first?.revision, second?.revision, undefined])
    expect(await store.aggregate(alien)).toBeUndefined()
  })

  test('an edit that does not meet its condition changes nothing, and returns the revision', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 4), rating('bob', 2)])
    const before = await store.get(alien, 'ann')
    const aggregate = await store.aggregate(alien)
    const revision = await store.revision()
    let changedCount = 0
    using stack = new DisposableStack()
    stack.defer(store.onChange(() => void changedCount++))
    for (const change of [put('ann', 5), remove('ann')]) {
      const outcome = await store.edit(change, () => false)
      expect(outcome).toEqual({ kind: 'unmet', revision: before?.revision })
    }
    for (const change of [put('eve', 5), remove('eve')]) {
      const outcome = await store.edit(change, (current) => current !== undefined)
      expect(outcome).toEqual({ kind: 'unmet', revision: undefined })
    }
    const elsewhere = { ...put('ann', 5), recordId: 'elsewhere' }
    expect(await store.edit(elsewhere, () => false)).toEqual({ kind: 'unmet', revision: undefined })
    expect(await store.get(alien, 'ann')).toEqual(before)
    expect(await store.aggregate(alien)).toEqual(aggregate)
    expect([await store.revision(), changedCount]).toEqual([revision, 0])
  })

  test('the revision of a rating is its own: other writes of the record do not change it', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 4)])
    const seen = (await store.get(alien, 'ann'))?.revision
    await store.put([rating('bob', 2)])
    const outcome = await store.edit(put('ann', 5), (revision) => revision === seen)
    expect(outcome.kind).toBe('met')
  })

  test('an edit off the scale rejects, and changes nothing', async () => {
    await using store = await openNew()
    const error = await store.edit(put('ann', 7), always).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RangeError)
    expect(await store.get(alien, 'ann')).toBeUndefined()
  })
}

type Round = readonly ('put' | 'delete')[]

const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.array(fc.constantFrom<Round[number][]>('put', 'put', 'delete'), {
    minLength: 2,
    maxLength: 6,
  }),
  { minLength: 1, maxLength: 8 },
)

/**
 * Expects that of writers that have read the same rating, through two stores on one database, one
 * wins, and that the winners follow each other.
 */
export async function expectOneWinner(first: RatingStore, second: RatingStore): Promise<void> {
  let runs = 0
  const property = fc.asyncProperty(rounds, async (rounds) => {
    const record = movie(`${runs++}`)
    const won: WonWrite[] = []
    for (const round of rounds) {
      const seen = (await first.get(record, 'ann'))?.revision
      const edits = round.map((kind, index) => {
        const own = kind === 'put' ? put('ann', (index % 5) + 1) : remove('ann')
        const change = { ...own, ...record }
        const store = index % 2 === 0 ? second : first
        return store.edit(change, (revision) => revision === seen)
      })
      const outcomes = await Promise.all(edits)
      const winners = outcomes.flatMap((outcome, index): WonWrite[] => {
        if (outcome.kind === 'unmet' || outcome.stamp === undefined) return []
        const after = round[index] === 'put' ? outcome.stamp.revision : undefined
        return [{ before: seen, after }]
      })
      won.push(...winners)
      // Deleting what does not exist changes nothing, and the next writer may still win.
      expect(winners.length).toBe(seen !== undefined || round.includes('put') ? 1 : 0)
    }
    expectLinearChain(won, (await first.get(record, 'ann'))?.revision)
    const rated = (await first.aggregate(record))?.count ?? 0
    expect(rated).toBe((await second.get(record, 'ann')) === undefined ? 0 : 1)
  })
  await fc.assert(property, { numRuns: randomRuns(30) })
}
