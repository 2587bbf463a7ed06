import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import fc from 'fast-check'
import { createSeededRandom } from '../../test/faults/seeded-random.ts'
import type { Caller, Sources } from './movie.ts'
import { readTopList, topListLimits } from './top-list.ts'

alsoOnDenoAndNode(import.meta.filename)

const caller: Caller = {
  signal: new AbortController().signal,
  deadlineMs: undefined,
  requestId: 'test',
}

/** Creates a top list of as many records, some of them without a movie, and counts its reads. */
function createSources(ids: readonly string[], hidden: ReadonlySet<string>) {
  const reads: number[] = []
  const unused = () => Promise.reject(new Error('a top list does not call this'))
  const sources: Sources<string, number> = {
    metadata: {
      get: unused,
      delete: unused,
      list: unused,
      getMany: async (asked) => {
        expect(asked.length > 0 && asked.length <= 500).toBe(true)
        return new Map(asked.filter((id) => !hidden.has(id)).map((id) => [id, id]))
      },
    },
    ratings: {
      get: unused,
      deleteSome: unused,
      getMany: unused,
      watch: () => {
        throw new Error('a top list does not call this')
      },
      async top({ pageSize, pageToken }) {
        expect(pageSize > 0 && pageSize <= 500).toBe(true)
        reads.push(pageSize)
        const start = Number(pageToken)
        const end = start + pageSize
        const items = ids.slice(start, end).map((movieId) => ({ movieId, value: 1 }))
        return { items, nextPageToken: end < ids.length ? `${end}` : '' }
      },
    },
  }
  return { sources, reads }
}

async function readAll(sources: Sources<string, number>, sizes: readonly number[]) {
  const pages: { size: number; ids: string[] }[] = []
  let pageToken = ''
  do {
    const size = sizes[pages.length % sizes.length] as number
    const options = { countMin: 0n, pageSize: size, pageToken }
    const page = await readTopList(sources, options, caller)
    pages.push({ size, ids: page.items.map(({ metadata }) => metadata) })
    pageToken = page.nextPageToken
  } while (pageToken !== '' && pages.length < 10_000)
  return pages
}

const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `id-${index}`)
/** Share of the movies that are deleted, in percent. */
const shares = fc.constantFrom(0, 2, 30, 50, 90, 100)

test('every page but the last is full, whichever movies are deleted and whatever the page sizes', async () => {
  const size = fc.integer({ min: 1, max: 60 })
  const property = fc.asyncProperty(
    fc.nat({ max: 1_000 }),
    shares,
    fc.nat(),
    fc.array(fc.oneof(size, fc.constant(500)), { minLength: 1, maxLength: 5 }),
    async (count, share, seed, sizes) => {
      const ids = idsOf(count)
      const random = createSeededRandom(seed)
      const hidden = new Set(ids.filter(() => random.integer(1, 100) <= share))
      const pages = await readAll(createSources(ids, hidden).sources, sizes)
      expect(pages.flatMap((page) => page.ids)).toEqual(ids.filter((id) => !hidden.has(id)))
      for (const page of pages.slice(0, -1)) expect(page.ids).toHaveLength(page.size)
    },
  )
  await fc.assert(property, { numRuns: 150 })
})

test('a run of a thousand deleted movies leaves no hole', async () => {
  const ids = idsOf(1_100)
  const { sources, reads } = createSources(ids, new Set(ids.slice(20, 1_020)))
  const pages = await readAll(sources, [50])
  expect(pages.map((page) => page.ids.length)).toEqual([50, 50])
  expect(reads.length).toBeLessThan(10)
})

test('one page reads a bounded number of records, and the next one continues', async () => {
  const ids = idsOf(20_000)
  const { sources, reads } = createSources(ids, new Set(ids.slice(0, -1)))
  const first = await readTopList(sources, { countMin: 0n, pageSize: 10, pageToken: '' }, caller)
  expect(first.items).toEqual([])
  expect(reads).toHaveLength(topListLimits.readsMax)
  const all = await readAll(sources, [10])
  expect(all.flatMap((page) => page.ids)).toEqual(['id-19999'])
})
