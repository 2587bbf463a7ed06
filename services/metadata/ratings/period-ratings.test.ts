import { describe, expect, test } from 'bun:test'
import { createPeriodCopies, type PeriodPage, type ReadPeriodPage } from './period-ratings.ts'

const rating = { count: 2, mean: 4.5, score: 4 }

describe('the copy of the ratings of a period', () => {
  test('has the movies of all pages', async () => {
    const { copies, pages } = setUp()
    pages.set('', page(['a', 'b'], 'next'))
    pages.set('next', page(['c'], ''))
    const copy = await copies.read('week')
    expect([...(copy?.ratings ?? [])]).toEqual(['a', 'b', 'c'].map((id) => [id, rating]))
    expect(copy).toMatchObject({ startMs: 0, endMs: 10, revision: 1 })
  })

  test('is read again when the ratings were counted again between two pages', async () => {
    const { copies, pages, requests } = setUp()
    pages.set('', page(['a'], 'next'))
    pages.set('next', page(['b'], '', { revision: 2 }))
    const reading = copies.read('week')
    await Promise.resolve()
    pages.set('', page(['b'], 'next', { revision: 2 }))
    pages.set('next', page(['a'], '', { revision: 2 }))
    expect(await reading).toMatchObject({ revision: 2 })
    expect(requests).toEqual(['week ', 'week next', 'week ', 'week next'])
  })

  test('is kept for a second, then until the first page says that it has changed', async () => {
    const { copies, pages, requests, clock } = setUp()
    pages.set('', page(['a'], ''))
    await copies.read('week')
    await copies.read('week')
    expect(requests).toHaveLength(1)
    clock.now = 1_000
    await copies.read('week')
    expect(requests).toHaveLength(2)
    await copies.read('week')
    expect(requests).toHaveLength(2)
    clock.now = 2_000
    pages.set('', page(['b'], '', { revision: 2 }))
    expect([...((await copies.read('week'))?.ratings.keys() ?? [])]).toEqual(['b'])
    expect(requests).toHaveLength(4)
  })

  test('of the day before is there for lists that began then, and no older one', async () => {
    const { copies, pages, clock } = setUp()
    for (const [index, endMs] of [10, 20, 30].entries()) {
      pages.set('', page([`${endMs}`], '', { endMs }))
      clock.now = index * 1_000
      await copies.read('month')
    }
    expect([...((await copies.read('month', 20))?.ratings.keys() ?? [])]).toEqual(['20'])
    expect((await copies.read('month', 30))?.endMs).toBe(30)
    expect(await copies.read('month', 10)).toBeUndefined()
  })

  test('is prepared once, before a list gets it', async () => {
    const { copies, pages, prepared } = setUp()
    pages.set('', page(['a'], ''))
    const reading = copies.read('week').then((copy) => [copy?.ratings, [...prepared]])
    const [ratings, preparedFirst] = await reading
    await copies.read('week')
    expect(preparedFirst).toEqual([ratings])
    expect(prepared).toEqual([ratings])
  })

  test('rejects when the rating service fails, and is read at the next call', async () => {
    const { copies, pages } = setUp()
    expect(await copies.read('week').catch((error: Error) => error.message)).toBe('no page')
    pages.set('', page(['a'], ''))
    expect((await copies.read('week'))?.ratings.size).toBe(1)
  })
})

function page(
  ids: readonly string[],
  nextPageToken: string,
  window: { revision?: number; endMs?: number } = {},
): PeriodPage {
  const movies = ids.map((id) => ({ id, rating }))
  return { movies, nextPageToken, window: { startMs: 0, endMs: 10, revision: 1, ...window } }
}

function setUp() {
  const clock = { now: 0 }
  const pages = new Map<string, PeriodPage>()
  const requests: string[] = []
  const prepared: unknown[] = []
  const readPage: ReadPeriodPage = async (period, { pageToken }) => {
    requests.push(`${period} ${pageToken}`)
    const found = pages.get(pageToken)
    if (found === undefined) throw new Error('no page')
    return found
  }
  return {
    clock,
    pages,
    requests,
    prepared,
    copies: createPeriodCopies({
      readPage,
      prepare: async (ratings) => {
        await Promise.resolve()
        prepared.push(ratings)
      },
      clock: () => clock.now,
    }),
  }
}
