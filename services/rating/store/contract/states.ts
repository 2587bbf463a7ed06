import { expect, test } from 'bun:test'
import type { AggregateState } from '../../rating.ts'
import type { ChangePosition, RatingStore } from '../port.ts'
import { alien, fiveStars, heat, movie, type OpenRatingStore, rating, rules } from './fixtures.ts'

const start: ChangePosition = { revision: 0, place: Number.POSITIVE_INFINITY }
const book = { recordType: 'book', recordId: 'alien' }

/** Declares the tests of the states of records and of the list of changes. */
export function describeStates(createDatabase: () => OpenRatingStore, clock: () => number): void {
  test('states are those of the requested records, also of unrated ones', async () => {
    await using store = await createDatabase()({ rules, clock })
    await store.put([rating('ann', 4), rating('ann', 2, heat)])
    await store.delete(heat, 'ann')
    const gone = await store.revision()
    await store.put([rating('bob', 4, book)])
    const page = await store.states([heat, movie('never'), book, alien])
    expect(page).toEqual({
      states: [
        { ...heat, count: 0, revision: gone, updateTimeMs: expect.any(Number) },
        { ...movie('never'), count: 0, revision: 0, updateTimeMs: 0 },
        (await store.aggregate(book)) as AggregateState,
        (await store.aggregate(alien)) as AggregateState,
      ],
      revision: await store.revision(),
    })
    expect((await store.states([])).states).toEqual([])
  })

  test('changes are in the order of revisions, each record once, as it is now', async () => {
    await using store = await createDatabase()({ rules, clock })
    expect(await store.changes({ after: start, limit: 9 })).toEqual({
      states: [],
      next: undefined,
      revision: await store.revision(),
    })
    await store.put([rating('ann', 4)])
    await store.put([rating('ann', 4, heat)])
    const middle = await store.revision()
    await store.put([rating('ann', 4, book)])
    await store.put([rating('bob', 5)])
    await store.delete(heat, 'ann')
    // Changes no aggregate.
    await store.put([rating('bob', 5)])
    const page = await store.changes({ after: start, limit: 9 })
    expect(page.states.map(briefly)).toEqual(['book alien 1', 'movie alien 2', 'movie heat 0'])
    expect(page).toMatchObject({ next: undefined, revision: await store.revision() })
    const movies = { recordType: 'movie', after: { ...start, revision: middle }, limit: 9 }
    const later = (await store.changes(movies)).states
    expect(later.map(briefly)).toEqual(['movie alien 2', 'movie heat 0'])
    const after = { ...start, revision: later[0]?.revision as number }
    expect((await store.changes({ after, limit: 9 })).states.map(briefly)).toEqual(['movie heat 0'])
  })

  test('pages of any size have every change, also of one revision', async () => {
    await using store = await createDatabase()({ rules, clock })
    const ids = Array.from({ length: 25 }, (_, index) => `${index}`)
    await store.put([...ids.map((id) => rating('ann', 3, movie(id))), rating('ann', 1, book)])
    for (const limit of [1, 3, 26, 100]) {
      const found = (await readAll(store, limit)).map(briefly)
      expect(found.toSorted()).toEqual(
        ['book alien 1', ...ids.map((id) => `movie ${id} 1`)].toSorted(),
      )
    }
  })

  test('a record that changes while the list is read is read again', async () => {
    await using store = await createDatabase()({ rules, clock })
    await store.put(['1', '2', '3', '4'].map((id) => rating('ann', 3, movie(id))))
    const first = await store.changes({ after: start, limit: 2 })
    await store.put([rating('bob', 3, movie('1')), rating('bob', 3, movie('4'))])
    const rest = await readAll(store, 2, first.next)
    const last = new Map([...first.states, ...rest].map((state) => [state.recordId, state]))
    expect([...last.values()].map(briefly).toSorted()).toEqual([
      'movie 1 2',
      'movie 2 1',
      'movie 3 1',
      'movie 4 2',
    ])
  })

  test('many changes of few records keep the list short and complete', async () => {
    await using store = await createDatabase()({ rules, clock })
    await store.put([rating('ann', 1), rating('ann', 1, heat)])
    for (let round = 0; round < 1_100; round++) await store.put([rating('bob', 1 + (round % 2))])
    expect((await readAll(store, 1)).map(briefly)).toEqual(['movie heat 1', 'movie alien 2'])
  })

  test('a new prior changes every rated record of its type', async () => {
    const open = createDatabase()
    await using store = await open({ rules, clock })
    if (store.capabilities.shared === 'process') return
    await store.put([rating('ann', 4), rating('ann', 2, heat)])
    await store.delete(heat, 'ann')
    const revision = await store.revision()
    await using other = await open({ rules: fiveStars({ mean: 1, weight: 2 }), clock })
    const after = { ...start, revision }
    const { states } = await other.changes({ after, limit: 9 })
    expect(states).toEqual([(await other.aggregate(alien)) as AggregateState])
  })
}

function briefly({ recordType, recordId, count }: AggregateState): string {
  return `${recordType} ${recordId} ${count}`
}

async function readAll(
  store: RatingStore,
  limit: number,
  from: ChangePosition = start,
): Promise<AggregateState[]> {
  const states: AggregateState[] = []
  let after: ChangePosition | undefined = from
  while (after !== undefined) {
    const page = await store.changes({ after, limit })
    states.push(...page.states)
    after = page.next
  }
  return states
}
