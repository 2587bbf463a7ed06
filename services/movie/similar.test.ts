import { expect, test } from 'bun:test'
import type { Caller, CatalogueOptions } from './movie.ts'
import { createSimilarMovies, type Likened } from './similar.ts'

const caller: Caller = {
  signal: new AbortController().signal,
  deadlineMs: undefined,
  requestId: 'test',
}

/** Returns the filters by which movies like this one are listed. */
async function filtersFor(movie: Likened): Promise<string[]> {
  const filters: string[] = []
  const similarTo = createSimilarMovies<Likened, never>({
    metadata: {
      get: async () => ({ kind: 'found', value: movie }),
      async list({ filter }: CatalogueOptions) {
        filters.push(filter)
        return { items: [], nextPageToken: '', totalSize: 0, facets: undefined, ratings: undefined }
      },
    },
    ratings: { getMany: async () => ({ kind: 'absent' }) },
  })
  await similarTo(movie.id, 12, caller)
  return filters
}

test('similar movies are of the same director, then of a genre and about the same year', async () => {
  const movie = { id: 'heat', director: 'Michael "M." Mann', genres: ['Crime', 'Drama'] }
  const ofDirector = 'id != "heat" && director == "Michael \\"M.\\" Mann"'
  expect(await filtersFor({ ...movie, year: 1995 })).toEqual([
    ofDirector,
    'id != "heat" && director != "Michael \\"M.\\" Mann" && year >= 1990 && year <= 2000 && ' +
      '("Crime" in genres || "Drama" in genres)',
  ])
  expect(await filtersFor(movie)).toEqual([ofDirector])
  expect(await filtersFor({ ...movie, director: '' })).toEqual([])
})

test('a filter of similar movies has no more than metadata accepts, however long the names are', async () => {
  const genres = Array.from({ length: 32 }, (_, n) => `${n} `.padEnd(64, 'g'))
  const movie = { id: 'x'.repeat(128), director: 'd'.repeat(500), genres, year: 1995 }
  const [ofDirector = '', ofGenre = '', ...others] = await filtersFor(movie)
  expect([ofDirector, ofGenre].filter(({ length }) => length > 1_000)).toEqual([])
  expect(ofGenre.match(/ in genres/g)).toHaveLength(3)
  expect(others).toEqual([])
  expect(await filtersFor({ ...movie, director: '"'.repeat(500) })).toEqual([])
})
