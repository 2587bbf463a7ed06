import { expect, test } from 'bun:test'
import { createRatedMovies } from '../ratings/rated-movies.ts'
import { movie, remove } from '../store/contract/fixtures.ts'
import { createMemoryMetadataStore } from '../store/memory.ts'
import type { MetadataStore } from '../store/port.ts'
import { parseFilter } from './filter.ts'
import { followStore } from './follow.ts'
import { parseOrder } from './order.ts'
import type { CatalogueQuery } from './query.ts'

test('a list has what was written before it, also by others', async () => {
  await using store = createMemoryMetadataStore()
  const { list } = followStore(store)
  expect(await titles(list)).toEqual([])
  await store.put([movie('1', 'Alien'), movie('2', 'Brazil')])
  expect(await titles(list)).toEqual(['1', '2'])
  await store.put([movie('1', 'Cube')])
  await remove(store, '2')
  expect(await titles(list)).toEqual(['1'])
  expect(await titles(list, 'cube')).toEqual(['1'])
  expect(await titles(list, 'alien')).toEqual([])
})

test('lists share the reads of the store, and each has what was written before it', async () => {
  await using store = createMemoryMetadataStore()
  const counted = countReads(store)
  const { list, load } = followStore(counted.store)
  await Promise.all([load(), load()])
  const before = counted.reads()
  const lists = Array.from({ length: 50 }, async (_, n) => {
    await store.put([movie(`${n}`)])
    expect(await titles(list, '')).toContain(`${n}`)
  })
  await Promise.all(lists)
  expect(counted.reads() - before).toBeLessThan(20)
})

test('a catalogue is read again when the store has forgotten what was deleted', async () => {
  await using store = createMemoryMetadataStore({ deletedCountMax: 1 })
  const { list } = followStore(store)
  await store.put([movie('1'), movie('2'), movie('3')])
  expect(await titles(list)).toEqual(['1', '2', '3'])
  for (const id of ['1', '2']) await remove(store, id)
  expect(await titles(list)).toEqual(['3'])
})

test('a list fails with the store, and the next one succeeds', async () => {
  await using store = createMemoryMetadataStore()
  await store.put([movie('1')])
  let isAway = true
  const revision = () => (isAway ? Promise.reject(new Error('away')) : store.revision())
  const { list } = followStore({ ...store, revision })
  const both = await Promise.allSettled([titles(list), titles(list)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isAway = false
  expect(await titles(list)).toEqual(['1'])
  isAway = true
  expect(await titles(list).catch((error: Error) => error.message)).toBe('away')
})

test('a catalogue whose movies were put again and again is read again, while it is used', async () => {
  await using store = createMemoryMetadataStore()
  const counted = countReads(store)
  const { list } = followStore(counted.store)
  const movies = Array.from({ length: 2_000 }, (_, n) => movie(`${n}`))
  for (let round = 0; round < 15; round++) {
    await store.put(movies)
    expect((await titles(list)).length).toBe(500)
  }
  expect(counted.lists()).toBeGreaterThanOrEqual(2 * 4)
  expect((await list({ ...everything, limit: 5_000 }, undefined)).totalSize).toBe(2_000)
})

test('ratings that change while a catalogue is read, or read again, are in it', async () => {
  await using store = createMemoryMetadataStore({ deletedCountMax: 1 })
  const count = 1_200
  await store.put(Array.from({ length: count }, (_, n) => movie(`${n}`)))
  const rated = createRatedMovies()
  let score = 0
  const rateSome = () => {
    score += 1
    for (let n = 0; n < count; n += 100) rated.set(`${n}`, { count: 1, mean: score, score })
  }
  const list = (options: Parameters<MetadataStore['list']>[0]) => {
    rateSome()
    return store.list(options)
  }
  const followed = followStore({ ...store, list }, rated)
  const order = parseOrder('rating.mean desc', false)
  const filter = await parseFilter('rating.count > 0')
  const ratedIds = async () => {
    const before = score
    const page = await followed.list({ ...everything, order, filter }, undefined)
    const isRead = score > before
    expect(page.movies.map(({ position }) => position.values)).toEqual(
      page.movies.map(() => [score]),
    )
    return { isRead, totalSize: page.totalSize }
  }
  expect(await ratedIds()).toEqual({ isRead: true, totalSize: 12 })
  rateSome()
  expect(await ratedIds()).toEqual({ isRead: false, totalSize: 12 })
  for (const id of ['0', '1', '2']) await remove(store, id)
  expect(await ratedIds()).toEqual({ isRead: true, totalSize: 11 })
  rateSome()
  expect(await ratedIds()).toEqual({ isRead: false, totalSize: 11 })
  await store.put([movie('0')])
  expect(await ratedIds()).toEqual({ isRead: false, totalSize: 12 })
})

const everything: CatalogueQuery = {
  ...{ query: '', filter: undefined, order: [], after: undefined, limit: 500, hasFacets: false },
}

async function titles(list: ReturnType<typeof followStore>['list'], query = ''): Promise<string[]> {
  const page = await list({ ...everything, query }, undefined)
  return page.movies.map(({ id }) => id)
}

/** Counts the reads of a store that follow its changes, and those of its whole list. */
function countReads(store: MetadataStore) {
  let reads = 0
  let lists = 0
  const counted: MetadataStore = {
    ...store,
    revision() {
      reads += 1
      return store.revision()
    },
    list(options) {
      lists += 1
      return store.list(options)
    },
  }
  return { store: counted, reads: () => reads, lists: () => lists }
}
