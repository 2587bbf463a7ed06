import { expect } from 'bun:test'
import fc from 'fast-check'
import type { Rating, RatingChange } from '../../rating.ts'
import type { ChangeSink, RatingStore } from '../port.ts'

const anyRecord = fc.constantFrom(
  { recordType: 'movie', recordId: '1' },
  { recordType: 'movie', recordId: '2' },
  { recordType: 'movie', recordId: '\uffee' },
  { recordType: 'movie', recordId: '😀' },
  { recordType: 'book', recordId: '1' },
)
const anyUser = fc.constantFrom('ann', 'bob', 'cy')
const anyValue = fc.integer({ min: 1, max: 5 })

const anyTimeMs = fc.constantFrom(undefined, -62_135_596_800_000, 0, 253_402_300_799_999)

const anyRating: fc.Arbitrary<Rating> = fc
  .tuple(anyRecord, anyUser, anyValue, anyTimeMs)
  .map(([record, userId, value, ratedTimeMs]) => ({ ...record, userId, value, ratedTimeMs }))

const anyChange: fc.Arbitrary<RatingChange> = fc
  .tuple(anyRating, fc.boolean())
  .map(([{ value, ratedTimeMs, ...rating }, put]) =>
    put ? { ...rating, value, ratedTimeMs, kind: 'put' } : { ...rating, kind: 'delete' },
  )

type Step =
  | { kind: 'put'; ratings: Rating[] }
  | { kind: 'delete'; rating: Rating }
  | { kind: 'apply'; changes: RatingChange[]; stale: boolean }

const anySteps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('put'), ratings: fc.array(anyRating, { maxLength: 8 }) }),
    fc.record({ kind: fc.constant('delete'), rating: anyRating }),
    fc.record({
      kind: fc.constant('apply'),
      changes: fc.array(anyChange, { maxLength: 12 }),
      stale: fc.boolean(),
    }),
  ),
  { maxLength: 12 },
)

/**
 * Property: step by step, a store does the same as a plain list of ratings that is counted each
 * time.
 */
export function actsAsList(open: () => Promise<RatingStore & ChangeSink>) {
  return fc.asyncProperty(anySteps, async (steps) => {
    await using store = await open()
    let model: Rating[] = []
    let position: number | undefined
    const told = new Set<string>()
    store.onChange((records) => records.map((record) => told.add(nameOf(record))))
    for (const step of steps) {
      const before = model
      const revision = await store.revision()
      told.clear()
      let named: readonly Omit<Rating, 'value'>[] = []
      switch (step.kind) {
        case 'put': {
          named = step.ratings
          const outcomes = step.ratings.map((rating) => {
            const outcome = model.some((each) => isSame(each, rating)) ? 'replaced' : 'created'
            model = change(model, { ...rating, kind: 'put' })
            return outcome
          })
          expect(await store.put(step.ratings)).toEqual(outcomes)
          break
        }
        case 'delete': {
          named = [step.rating]
          model = change(model, { ...step.rating, kind: 'delete' })
          const deleted = await store.delete(step.rating, step.rating.userId)
          expect(deleted).toBe(model.length < before.length)
          break
        }
        case 'apply': {
          const stale = step.stale && position !== undefined
          const next = (position ?? 0) + step.changes.length
          const batch = { topic: 'ratings', log: 'log', partition: 0, changes: step.changes }
          const expectedPosition = stale ? -1 : position
          const response = await store.apply({ ...batch, expectedPosition, nextPosition: next })
          if (!stale) {
            position = next
            named = step.changes
            model = step.changes.reduce(change, model)
          }
          expect(response).toBe(position as number)
          break
        }
      }
      expect([...told].toSorted()).toEqual(changedRecords(before, model))
      const isWritten = named.some((one) => [...before, ...model].some((each) => isSame(each, one)))
      expect((await store.revision()) > revision).toBe(isWritten)
      await compare(store, model)
    }
  })
}

async function compare(store: RatingStore, model: readonly Rating[]): Promise<void> {
  for (const { ratedTimeMs, ...rating } of model) {
    const found = await store.get(rating, rating.userId)
    expect(found).toMatchObject(rating)
    expect(found?.ratedTimeMs).toBe(ratedTimeMs)
  }
  for (const recordType of ['movie', 'book']) {
    const { aggregates: all } = await store.top({ recordType, countMin: 0, limit: 100 })
    const found = all.map(({ recordId, histogram }) => [recordId, ...histogram].join())
    const expected = histograms(model.filter((each) => each.recordType === recordType))
    expect(found.toSorted()).toEqual([...expected].map((entry) => entry.join()).toSorted())
  }
}

function change(model: readonly Rating[], change: RatingChange): Rating[] {
  const others = model.filter((each) => !isSame(each, change))
  if (change.kind === 'delete') return others
  const { kind, ...rating } = change
  return [...others, rating]
}

function isSame(a: Rating, b: Omit<Rating, 'value'>): boolean {
  return a.userId === b.userId && nameOf(a) === nameOf(b)
}

function nameOf({ recordType, recordId }: Omit<Rating, 'userId' | 'value'>): string {
  return `${recordType}/${recordId}`
}

function changedRecords(before: readonly Rating[], after: readonly Rating[]): string[] {
  const [old, now] = [histograms(before, nameOf), histograms(after, nameOf)]
  const names = new Set([...old.keys(), ...now.keys()])
  return [...names].filter((name) => `${old.get(name)}` !== `${now.get(name)}`).toSorted()
}

function histograms(
  ratings: readonly Rating[],
  keyOf = ({ recordId }: Rating) => recordId,
): Map<string, number[]> {
  const counted = new Map<string, number[]>()
  for (const key of new Set(ratings.map(keyOf))) {
    const values = ratings.filter((each) => keyOf(each) === key).map(({ value }) => value)
    counted.set(
      key,
      [1, 2, 3, 4, 5].map((value) => values.filter((each) => each === value).length),
    )
  }
  return counted
}
