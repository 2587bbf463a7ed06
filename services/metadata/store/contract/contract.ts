import { describe, expect, test } from 'bun:test'
import type { StoreCapabilities } from '@marquee/sql/capabilities'
import { randomRuns } from '@marquee/testing/random-runs'
import { describeClaimed } from '@marquee/testing/requirements'
import fc from 'fast-check'
import type { StoredMetadata } from '../../metadata.ts'
import type { ListPosition, MetadataStore } from '../port.ts'
import { describeChanges } from './changes.ts'
import { describeEdits, expectOneWinner } from './edits.ts'
import { describeExternalIds } from './external-ids.ts'
import { alien, movie, remove } from './fixtures.ts'
import { describeLists } from './lists.ts'
import { behavesAsMap, pages, plain } from './model.ts'
import { describeSharing, type OpenMetadataStore } from './sharing.ts'

/**
 * Declares the tests that every adapter of MetadataStore passes. `createDatabase` creates an empty
 * database and returns a function that opens a store on it, any number of times.
 */
export function metadataStoreContract(
  name: string,
  capabilities: StoreCapabilities,
  createDatabase: () => OpenMetadataStore,
): void {
  const clock = createClock()
  const openNew = () => createDatabase()({ clock })

  describe(`${name}: a metadata store`, () => {
    test('reports its capabilities', async () => {
      await using store = await openNew()
      expect(store.capabilities).toEqual(capabilities)
    })
    describeClaimed(capabilities.shared !== 'process', 'two stores on one database', () =>
      describeSharing(createDatabase),
    )
    test(
      'of several writers with the same version one wins, and the winners follow each other',
      async () => {
        const open = createDatabase()
        await using first = await open({ clock: Date.now })
        await using other = await open({ clock: Date.now })
        await expectOneWinner(first, capabilities.shared === 'process' ? first : other)
      },
      propertyTimeoutMs,
    )
    describeMovies(openNew)
    describeEdits(openNew)
    describeExternalIds(openNew)
    describeChanges(createDatabase)
    describeList(openNew)
    describeLists(openNew)
    describeRevision(createDatabase, clock)
    describeReopening(createDatabase, clock)
    describeClaimed(capabilities.durable, 'durability', () =>
      describeDurability(createDatabase, clock),
    )
    test(
      'a store behaves like a plain map, whatever is put and deleted',
      async () => {
        await fc.assert(behavesAsMap(openNew), { numRuns: randomRuns(50) })
      },
      propertyTimeoutMs,
    )
  })
}

type OpenNew = () => Promise<MetadataStore>

function describeMovies(openNew: OpenNew): void {
  test('get returns a movie as it was put, with the time of the put', async () => {
    await using store = await openNew()
    const before = await store.revision()
    expect(await store.put([alien])).toEqual(['created'])
    const found = await store.get('1')
    expect(found).toEqual({
      ...alien,
      updateTimeMs: expect.any(Number),
      revision: await store.revision(),
    })
    expect(found?.updateTimeMs).toBeGreaterThanOrEqual(startTimeMs)
    expect(found?.revision).toBeGreaterThan(before)
  })

  test('an unknown id returns undefined, and ids are compared exactly', async () => {
    await using store = await openNew()
    await store.put([movie('tt1'), movie('É'), movie('𝔸')])
    for (const id of ['TT1', 'tt1 ', 'tt', 'E\u0301', '\ud835', 'tt1\0', '\0', '']) {
      expect(await store.get(id)).toBeUndefined()
      expect((await store.getMany([id])).size).toBe(0)
      expect(await remove(store, id)).toBe(false)
    }
    expect((await store.get('𝔸'))?.id).toBe('𝔸')
  })

  test('a put replaces all previous metadata of a movie', async () => {
    await using store = await openNew()
    await store.put([alien])
    const first = await store.get('1')
    expect(await store.put([movie('1', 'Aliens')])).toEqual(['replaced'])
    const second = await store.get('1')
    expect(plain(second)).toEqual(movie('1', 'Aliens'))
    expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.NaN)
    expect(second?.updateTimeMs).toBeGreaterThan(first?.updateTimeMs ?? Number.NaN)
    expect(await titles(store)).toEqual(['Aliens'])
  })

  test('a movie that one put names twice is created, then replaced', async () => {
    await using store = await openNew()
    const movies = [movie('1', 'First'), movie('2'), movie('1', 'Second')]
    expect(await store.put(movies)).toEqual(['created', 'created', 'replaced'])
    expect((await store.get('1'))?.title).toBe('Second')
    expect(await store.put(movies)).toEqual(['replaced', 'replaced', 'replaced'])
    expect(await titles(store)).toEqual(['Movie 2', 'Second'])
  })

  test('a put that rejects saves nothing', async () => {
    await using store = await openNew()
    await store.put([movie('1', 'Kept')])
    const revision = await store.revision()
    const broken = Object.defineProperty(movie('3'), 'title', {
      enumerable: true,
      get: () => {
        throw new Error('no title')
      },
    })
    const put = store.put([movie('1', 'Lost'), movie('2'), broken])
    expect(await put.catch((error: Error) => error.message)).toBe('no title')
    expect(await titles(store)).toEqual(['Kept'])
    expect(await store.get('2')).toBeUndefined()
    expect(await store.revision()).toBe(revision)
  })

  test('a movie stays as it was put when the caller changes its own object or a result', async () => {
    await using store = await openNew()
    const genres = ['Horror']
    const own = { ...movie('1'), genres }
    await store.put([own])
    genres.push('Comedy')
    own.title = 'Changed'
    const response = await store.get('1')
    expect(plain(response)).toEqual({ ...movie('1'), genres: ['Horror'] })
    Reflect.set(response?.genres ?? [], 0, 'Romance')
    expect((await store.get('1'))?.genres).toEqual(['Horror'])
  })

  test('getMany returns movies by id, without the unknown ones', async () => {
    await using store = await openNew()
    await store.put([movie('1'), movie('2'), movie('3')])
    const found = await store.getMany(['3', 'nobody', '1', '3'])
    expect([...found.keys()].toSorted()).toEqual(['1', '3'])
    expect(found.get('3')).toEqual((await store.get('3')) as StoredMetadata)
    expect((await store.getMany([])).size).toBe(0)
  })

  test('a movie is deleted once', async () => {
    await using store = await openNew()
    await store.put([alien, movie('2', 'Alien 2')])
    expect(await remove(store, '1')).toBe(true)
    expect(await remove(store, '1')).toBe(false)
    expect(await store.get('1')).toBeUndefined()
    expect((await store.getMany(['1', '2'])).size).toBe(1)
    expect(await titles(store)).toEqual(['Alien 2'])
    expect(await store.put([alien])).toEqual(['created'])
  })

  test('100 concurrent puts succeed', async () => {
    await using store = await openNew()
    const ids = Array.from({ length: 100 }, (_, index) => `id${index}`)
    const outcomes = await Promise.all(ids.map((id) => store.put([movie(id), movie('shared', id)])))
    expect(outcomes.filter(([, shared]) => shared === 'created')).toHaveLength(1)
    expect((await store.getMany(ids)).size).toBe(100)
    expect((await store.list({ limit: 500 })).movies).toHaveLength(101)
  })
}

function describeList(openNew: OpenNew): void {
  test('movies are listed by title, then id, both by code point', async () => {
    await using store = await openNew()
    const inOrder = [
      movie('1', ''),
      movie('9', 'A'),
      movie('10', 'Alien'),
      movie('9', 'Alien'),
      movie('\uffee', 'Alien'),
      movie('😀', 'Alien'),
      movie('8', 'Alien 3'),
      movie('7', 'E\u0301tude'),
      movie('6', 'a'),
      movie('5', 'Étude'),
      movie('4', '\uff5e halfwidth'),
      movie('3', '𝔸stral'),
      movie('2', '😀'),
    ].map((each, index) => ({
      ...each,
      id: each.title === 'Alien' ? each.id : `${each.id}-${index}`,
    }))
    await store.put(inOrder.toReversed())
    const found = (await store.list({ limit: 100 })).movies
    expect(found.map(plain)).toEqual(inOrder)
    expect((await pages(store, 1)).map(plain)).toEqual(inOrder)
  })

  test('a page has at most as many movies as the limit', async () => {
    await using store = await openNew()
    await store.put([movie('1'), movie('2'), movie('3')])
    expect((await store.list({ limit: 2 })).movies).toHaveLength(2)
    expect((await store.list({ limit: 500 })).movies).toHaveLength(3)
  })

  test('a list continues after a position whose movie was deleted or never existed', async () => {
    await using store = await openNew()
    await store.put(['A', 'B', 'C', 'D'].map((title) => movie(`id-${title}`, title)))
    await remove(store, 'id-B')
    const next = (await store.list({ limit: 1, after: { title: 'B', id: 'id-B' } })).movies
    expect(next.map(({ title }) => title)).toEqual(['C'])
    expect(await titles(store, { title: 'Bzz', id: '' })).toEqual(['C', 'D'])
    expect(await titles(store, { title: 'C', id: 'id-C' })).toEqual(['D'])
    expect(await titles(store, { title: 'C', id: 'id-\0' })).toEqual(['C', 'D'])
    expect(await titles(store, { title: 'C\0', id: 'id-C\0' })).toEqual(['D'])
    expect(await titles(store, { title: 'D', id: 'id-D' })).toEqual([])
  })

  test('paging through a changing catalogue returns each remaining movie once', async () => {
    await using store = await openNew()
    const staying = Array.from({ length: 40 }, (_, index) =>
      movie(`s${index}`, `Film ${index % 7}`),
    )
    const leaving = Array.from({ length: 40 }, (_, index) =>
      movie(`l${index}`, `Film ${index % 9}`),
    )
    await store.put([...staying, ...leaving])
    let round = 0
    const seen = await pages(store, 5, async () => {
      round++
      await remove(store, `l${round}`)
      await store.put([movie(`new${round}`, `Film ${round % 8}`), movie('s0', 'Film 0')])
    })
    const ids = seen.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(staying.filter(({ id }) => !ids.includes(id))).toEqual([])
  })
}

function describeRevision(createDatabase: () => OpenMetadataStore, clock: () => number): void {
  test('the revision grows with each put and delete, and with nothing else', async () => {
    await using store = await createDatabase()({ clock })
    const revisions = [await store.revision()]
    for (const write of [
      () => store.put([alien]),
      () => store.put([alien]),
      () => store.put([movie('2'), movie('3')]),
      () => remove(store, '1'),
    ]) {
      await write()
      revisions.push(await store.revision())
    }
    expect(new Set(revisions).size).toBe(5)
    expect(revisions.toSorted((a, b) => a - b)).toEqual(revisions)
    expect(revisions.every(Number.isSafeInteger)).toBe(true)
    await remove(store, 'nobody')
    await store.put([])
    await store.get('2')
    expect(await store.revision()).toBe(revisions.at(-1) as number)
  })

  test('the revision grows even while the clock stands still or goes back', async () => {
    let timeMs = 5_000
    await using store = await createDatabase()({ clock: () => timeMs })
    await store.put([alien])
    const first = await store.revision()
    await store.put([alien])
    const second = await store.revision()
    timeMs = 1_000
    await store.put([alien])
    expect(second).toBeGreaterThan(first)
    expect(await store.revision()).toBeGreaterThan(second)
  })

  test('a new database does not repeat a revision', async () => {
    const revisions: number[] = []
    for (let times = 0; times < 3; times++) {
      await using store = await createDatabase()({ clock })
      revisions.push(await store.revision())
      await store.put([alien])
      await remove(store, '1')
      revisions.push(await store.revision())
    }
    expect(new Set(revisions).size).toBe(revisions.length)
    expect(revisions.toSorted((a, b) => a - b)).toEqual(revisions)
  })
}

function describeReopening(createDatabase: () => OpenMetadataStore, clock: () => number): void {
  test('a write after reopening increases the revision', async () => {
    const open = createDatabase()
    const first = await open({ clock })
    await first.put([alien])
    const revision = await first.revision()
    await first[Symbol.asyncDispose]()
    await using second = await open({ clock })
    if (second.capabilities.durable) expect(await second.revision()).toBe(revision)
    else expect(await second.revision()).toBeGreaterThan(revision)
    await second.put([movie('2')])
    expect(await second.revision()).toBeGreaterThan(revision)
  })

  test('a store may be closed twice', async () => {
    const store = await createDatabase()({ clock })
    await store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })
}

function describeDurability(createDatabase: () => OpenMetadataStore, clock: () => number): void {
  test('a durable store has the same contents after reopening', async () => {
    const open = createDatabase()
    const first = await open({ clock })
    await first.put([alien, movie('2'), movie('3')])
    await remove(first, '3')
    const stored = await first.get('1')
    const revision = await first.revision()
    await first[Symbol.asyncDispose]()
    await using second = await open({ clock })
    expect(await second.get('1')).toEqual(stored)
    expect(await titles(second)).toEqual(['Alien', 'Movie 2'])
    expect(await second.revision()).toBe(revision)
  })
}

/** Enough for fifty runs on a shared disk. */
const propertyTimeoutMs = 180_000

const startTimeMs = 1_700_000_000_000

/** Creates a clock that advances by one millisecond at each call. */
function createClock(): () => number {
  let timeMs = startTimeMs
  return () => timeMs++
}

async function titles(store: MetadataStore, after?: ListPosition): Promise<string[]> {
  const found = (await store.list({ limit: 500, ...(after && { after }) })).movies
  return found.map(({ title }) => title)
}
