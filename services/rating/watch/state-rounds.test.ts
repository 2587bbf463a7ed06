import { expect, test } from 'bun:test'
import { neverRated, type RecordRef } from '../rating.ts'
import { defaultRules } from '../scoring.ts'
import { createMemoryRatingStore } from '../store/memory.ts'
import type { StatesPage } from '../store/port.ts'
import { createReadQueue } from './read-queue.ts'
import { createStateRounds } from './state-rounds.ts'

const movie = (recordId: string): RecordRef => ({ recordType: 'movie', recordId })
const first = movie('1')

test('readers that come during a round are read together by the next one', async () => {
  const reads: Reading[] = []
  const rounds = createStateRounds(
    {
      states: (records) => {
        const { promise, resolve } = Promise.withResolvers<StatesPage>()
        reads.push({ ids: records.map(({ recordId }) => recordId), resolve })
        return promise
      },
    },
    createReadQueue(),
  )
  const running = rounds.read([first])
  await turn()
  const later = [rounds.read([first]), rounds.read([movie('2'), first]), rounds.read([movie('2')])]
  await turn()
  expect(reads.map(({ ids }) => ids)).toEqual([['1']])
  reads[0]?.resolve({ states: [unrated('1', 1)], revision: 1 })
  expect(await running).toEqual({ states: [unrated('1', 1)], revision: 1 })
  await turn()
  expect(reads[1]?.ids.toSorted()).toEqual(['1', '2'])
  reads[1]?.resolve({ states: [unrated('1', 2), unrated('2', 0)], revision: 3 })
  const revisions = (await Promise.all(later)).map(({ states }) =>
    states.map(({ revision }) => revision),
  )
  expect(revisions).toEqual([[2], [0, 2], [0]])
  expect(reads).toHaveLength(2)
})

test('a round that fails rejects for its readers, and the next one is read', async () => {
  let failures = 0
  const rounds = createStateRounds(
    {
      async states() {
        if (failures++ === 0) throw new Error('the store is away')
        return { states: [unrated('1', 7)], revision: 7 }
      },
    },
    createReadQueue(),
  )
  const readers = await Promise.allSettled([rounds.read([first]), rounds.read([first])])
  expect(readers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await rounds.read([first])).toMatchObject({ revision: 7 })
})

test('a round of many records is read in queries of bounded size, and has the oldest revision', async () => {
  await using store = createMemoryRatingStore({ rules: defaultRules })
  const sizes: number[] = []
  const rounds = createStateRounds(
    {
      async states(records) {
        sizes.push(records.length)
        const { states } = await store.states(records)
        return { states, revision: sizes.length }
      },
    },
    createReadQueue(),
  )
  const records = Array.from({ length: 2_500 }, (_, index) => movie(`${index}`))
  const { states, revision } = await rounds.read(records)
  expect([states.length, revision]).toEqual([2_500, 1])
  expect(sizes).toEqual([1_000, 1_000, 500])
})

interface Reading {
  readonly ids: string[]
  readonly resolve: (found: StatesPage) => void
}

function unrated(recordId: string, revision: number) {
  return { ...neverRated(movie(recordId)), revision }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}
