import { expect, test } from 'bun:test'
import { parseFilter } from '../../catalogue/filter.ts'
import { followStore } from '../../catalogue/follow.ts'
import { listByHand } from '../../catalogue/testing/list-by-hand.ts'
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
]

/** Declares that lists of the store by parts of texts are those of the evaluator of CEL. */
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
}
