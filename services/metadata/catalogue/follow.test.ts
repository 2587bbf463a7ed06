import { expect, test } from 'bun:test'
import { movie, remove } from '../store/contract/fixtures.ts'
import { createMemoryMetadataStore } from '../store/memory.ts'
import type { MetadataStore } from '../store/port.ts'
import type { CatalogueQuery } from './catalogue.ts'
import { followStore } from './follow.ts'

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
