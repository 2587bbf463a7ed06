import { expect, test } from 'bun:test'
import { createAggregateRounds } from './aggregate-rounds.ts'
import {
  type Aggregate,
  type AggregateState,
  aggregateOf,
  neverRated,
  type RecordRef,
} from './rating.ts'
import { defaultRules } from './scoring.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import type { StatesPage } from './store/port.ts'
import { createAggregateWatches } from './watch.ts'

const movie = (recordId: string): RecordRef => ({ recordType: 'movie', recordId })
const first = movie('1')

test('2,000 watchers of one record read it once when they begin, and once when it changes', async () => {
  await using store = countingStore()
  using watches = createAggregateWatches({ store })
  const closing = new AbortController()
  const watchers = Array.from({ length: 2_000 }, () => {
    const watcher = watches.watch([first], closing.signal)
    return watcher ?? expect.unreachable('too many watches')
  })
  const nextOfAll = () => Promise.all(watchers.map((watcher) => watcher.next()))
  for (const { value } of await nextOfAll()) expect(value?.count).toBe(0)
  expect(store.reads()).toEqual([1])
  const changed = nextOfAll()
  await store.put([{ ...first, userId: 'ada', value: 5 }])
  for (const { value } of await changed) expect(value?.count).toBe(1)
  expect(store.reads()).toEqual([1, 1])
  closing.abort()
  await nextOfAll()
})

test('changes while a round is running are read together by the next one', async () => {
  const reads: Reading[] = []
  const rounds = createAggregateRounds({
    states: (records) => {
      const { promise, resolve } = Promise.withResolvers<StatesPage>()
      reads.push({ ids: records.map(({ recordId }) => recordId), resolve })
      return promise
    },
  })
  const running = rounds.read(() => [first])
  await turn()
  const later = [
    rounds.read(() => [first]),
    rounds.read(() => [movie('2'), first]),
    rounds.read(() => [movie('2')]),
  ]
  await turn()
  expect(reads.map(({ ids }) => ids)).toEqual([['1']])
  reads[0]?.resolve(page(rated('1', 1)))
  expect(await running).toMatchObject([{ recordId: '1', count: 1 }])
  await turn()
  expect(reads[1]?.ids.toSorted()).toEqual(['1', '2'])
  reads[1]?.resolve(page(rated('1', 2), neverRated(movie('2'))))
  const counts = (await Promise.all(later)).map((found) => found.map(({ count }) => count))
  expect(counts).toEqual([[2], [0, 2], [0]])
  expect(reads).toHaveLength(2)
})

test('a round that fails rejects for its readers, and the next one is read', async () => {
  let failures = 0
  const rounds = createAggregateRounds({
    async states() {
      if (failures++ === 0) throw new Error('the store is away')
      return page(rated('1', 7))
    },
  })
  const readers = await Promise.allSettled([rounds.read(() => [first]), rounds.read(() => [first])])
  expect(readers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await rounds.read(() => [first])).toMatchObject([{ count: 7 }])
})

test('a round of many records is read in queries of bounded size', async () => {
  await using store = countingStore()
  const rounds = createAggregateRounds(store)
  const records = Array.from({ length: 2_500 }, (_, index) => movie(`${index}`))
  expect(await rounds.read(() => records)).toHaveLength(2_500)
  expect(store.reads()).toEqual([1_000, 1_000, 500])
})

interface Reading {
  readonly ids: string[]
  readonly resolve: (found: StatesPage) => void
}

/** Reports how many records each read of states was about. */
function countingStore() {
  const store = createMemoryRatingStore({ rules: defaultRules })
  const reads: number[] = []
  return {
    ...store,
    states(records: readonly RecordRef[]) {
      reads.push(records.length)
      return store.states(records)
    },
    reads: () => reads,
  }
}

function page(...states: AggregateState[]): StatesPage {
  return { states, revision: 1 }
}

function rated(recordId: string, count: number): Aggregate {
  return aggregateOf(movie(recordId), [0, 0, 0, 0, count], defaultRules.others, {
    revision: 1,
    updateTimeMs: 0,
  })
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}
