import { expect, test } from 'bun:test'
import { parseFilter } from '../../catalogue/filter.ts'
import { followStore } from '../../catalogue/follow.ts'
import { listByHand } from '../../catalogue/testing/list-by-hand.ts'
import type { Metadata } from '../../metadata.ts'
import type { MetadataStore } from '../port.ts'
import { movie } from './fixtures.ts'

/** Parts of texts: across words, with punctuation, of any case and script, empty, and very long. */
const parts = ['', ' ', 'r W', 'ar', 'Ar', '-', '’s', 'é', 'e\u0301', '𝔸', '千と', 'x'.repeat(900)]

const titles = [
  'Star Wars',
  'star wars',
  'Spider-Man’s End',
  'Été',
  'E\u0301te\u0301',
  '𝔸stral',
  '千と千尋',
  ' ',
  'x',
  'Zodiac',
  'A',
  '@',
  '[Rec]',
]

const ranges = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => {
  const next = String.fromCharCode(letter.charCodeAt(0) + 1)
  return { letter, range: `title >= "${letter}" && title < "${next}"` }
})

/** Declares that lists of the store have what the evaluator of CEL finds. */
export function describeLists(openNew: () => Promise<MetadataStore>): void {
  test('lists by parts of titles, directors and ids have what looking at every movie finds', async () => {
    await using store = await openNew()
    const movies = titles.map((title, index) => ({
      ...movie(`id-${title.trim() || 'none'}`, title),
      director: titles.at(index - 1) as string,
    }))
    await store.put(movies)
    const catalogue = followStore(store)
    for (const part of parts) {
      for (const method of ['contains', 'startsWith', 'endsWith']) {
        for (const name of ['title', 'director', 'id']) {
          const text = `${name}.${method}(${JSON.stringify(part)})`
          const given = { query: '', filter: text, order: [] }
          const filter = await parseFilter(text)
          const list = { ...given, filter, after: undefined, limit: 100, hasFacets: false }
          const page = await catalogue.list(list, undefined)
          const expected = listByHand(movies, given).map(({ id }) => id)
          expect([text, page.movies.map(({ id }) => id)]).toEqual([text, expected])
        }
      }
    }
  })

  test('the letters of facets are those at which filters find titles, also after changes', async () => {
    await using store = await openNew()
    const catalogue = followStore(store)
    const movies = new Map<string, Metadata>()
    const put = async (...given: readonly Metadata[]) => {
      await store.put(given)
      for (const each of given) movies.set(each.id, each)
    }
    const read = async (text: string) => {
      const filter = text === '' ? undefined : await parseFilter(text)
      const list = { query: '', filter, order: [], after: undefined, limit: 1, hasFacets: true }
      return catalogue.list(list, undefined)
    }
    const lettersBy = async (condition: string) => {
      const counts = []
      for (const { letter, range } of ranges) {
        const filter = condition === '' ? range : `${range} && ${condition}`
        const { totalSize } = await read(filter)
        const byHand = listByHand([...movies.values()], { query: '', filter, order: [] })
        expect([filter, totalSize]).toEqual([filter, byHand.length])
        if (totalSize > 0) counts.push({ value: letter, count: totalSize })
      }
      expect((await read(condition)).facets?.letters).toEqual(counts)
      return counts.map(({ value, count }) => `${value}${count}`).join(' ')
    }
    await put(...titles.map((title, index) => movie(`${index}`, title)))
    expect(await lettersBy('')).toBe('A1 E1 S2 Z1')
    expect(await lettersBy('title.contains("a")')).toBe('S2 Z1')
    await put(movie('0', 'Heat'), movie('2', 'heat'))
    await store.edit('9', () => 'delete')
    movies.delete('9')
    expect(await lettersBy('')).toBe('A1 E1 H1')
  })
}
