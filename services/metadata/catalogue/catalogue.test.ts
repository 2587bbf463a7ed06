import { describe, expect, test } from 'bun:test'
import { setImmediate } from 'node:timers/promises'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import fc from 'fast-check'
import type { Metadata } from '../metadata.ts'
import { createRatedMovies, type MovieRating } from '../ratings/rated-movies.ts'
import { createCatalogue } from './catalogue.ts'
import { chunkSize } from './chunks.ts'
import { numberProperties, parseFilter } from './filter.ts'
import { parseOrder } from './order.ts'
import type { CatalogueQuery, Position } from './query.ts'
import { listByHand, type RatedMovie } from './testing/list-by-hand.ts'

alsoOnDenoAndNode(import.meta.filename)

describe('a search', () => {
  const movies = [
    movie('Grown Ups', { imdbVotes: 900_000 }),
    movie('Up', { imdbVotes: 500_000, year: 2009 }),
    movie('Up Close & Personal', { imdbVotes: 20_000 }),
    movie('Uptown Girls', { imdbVotes: 30_000 }),
    movie('Alien', {
      imdbVotes: 300_000,
      year: 1979,
      genres: ['Horror'],
      director: 'Ridley Scott',
    }),
    movie('Aliens', { imdbVotes: 250_000, year: 1986, genres: ['Action'] }),
    movie('AVP: Alien vs. Predator', { imdbVotes: 400_000 }),
    movie('The Matrix', { imdbVotes: 600_000, year: 1999, director: 'Lana Wachowski' }),
    movie('The Matrix Reloaded', { imdbVotes: 300_000, year: 2003 }),
    movie('Spider-Man', { imdbVotes: 350_000, year: 2002 }),
    movie('WALL·E', { imdbVotes: 450_000 }),
    movie('Star Wars', { imdbVotes: 700_000, year: 1977 }),
    movie('Amélie', { imdbVotes: 250_000, director: 'Jean-Pierre Jeunet' }),
    movie('Ocean’s Eleven', { imdbVotes: 200_000 }),
    movie('Fast & Furious', { imdbVotes: 100_000 }),
    movie('1984', { year: 1956 }),
    movie('Amadeus', { imdbVotes: 150_000, year: 1984 }),
    movie('Ponyo', { genres: ['Animation'], director: '宮崎 駿' }),
    movie('千と千尋の神隠し'),
  ]

  test.each([
    ['up', ['Up', 'Uptown Girls', 'Up Close & Personal', 'Grown Ups']],
    ['alien', ['Alien', 'Aliens', 'AVP: Alien vs. Predator']],
    ['the matrix 1999', ['The Matrix']],
    ['matrix', ['The Matrix', 'The Matrix Reloaded']],
    ['1984', ['1984', 'Amadeus']],
    ['matirx', ['The Matrix', 'The Matrix Reloaded']],
    ['spiderman', ['Spider-Man']],
    ['spider man', ['Spider-Man']],
    ['spidermen', ['Spider-Man']],
    ['walle', ['WALL·E']],
    ['wall e', ['WALL·E']],
    ['starwars', ['Star Wars']],
    ['star wras', ['Star Wars']],
    ['horror', ['Alien']],
    ['horror ridley', ['Alien']],
    ['amelie', ['Amélie']],
    ['jeunet', ['Amélie']],
    ['oceans eleven', ['Ocean’s Eleven']],
    ['fast and furious', ['Fast & Furious']],
    ['千と', ['千と千尋の神隠し']],
    ['宮崎', ['Ponyo']],
    ['!!!', []],
    ['xyzzy', []],
  ])('finds by %j what people look for', async (query, titles) => {
    const found = await list(movies, { query })
    expect(found.map(({ title }) => title).slice(0, titles.length || 1)).toEqual(titles)
  })
})

test.each([
  ['jeunet', ['1', '2']],
  ['JEU pie', ['1', '2']],
  ['amelie jean', ['1']],
  ['am fab des dest', ['1']],
  ['elie', []],
  ['amelie resurrection', []],
  ['199', ['2']],
  ['"quoted" and (not) near*', ['3']],
  ['obrien', ['3']],
  ['o brien', ['3']],
  ['千と', ['4']],
  ['宮', ['4']],
  ['𞤣', []],
  ['𞤢', ['5']],
  ['𞤀𞤣', ['5']],
  ['astral', ['5']],
  ['istanbul', ['5']],
])('a search for %j finds beginnings of words, in any script', async (query, ids) => {
  const found = await list(
    [
      movie('Le Fabuleux Destin d’Amélie Poulain', { id: '1', director: 'Jean-Pierre Jeunet' }),
      movie('Alien: Resurrection (1997)', { id: '2', director: 'Jean-Pierre Jeunet' }),
      movie('"Quoted" AND (NOT) * NEAR', { id: '3', director: 'O’Brien' }),
      movie('千と千尋の神隠し', { id: '4', director: '宮崎 駿' }),
      movie('𞤀𞤣𞤤𞤢𞤥 𝔸stral', { id: '5', director: 'İstanbul' }),
    ],
    { query },
  )
  expect(found.map(({ id }) => id).toSorted()).toEqual(ids)
})

test('whatever is put and removed, lists have what looking at every movie finds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { maxLength: 30 }), anyList, async (changes, given) => {
      const rated = createRatedMovies()
      const catalogue = createCatalogue(rated.get)
      rated.onChange(catalogue.rate)
      const movies = new Map<string, Metadata>()
      for (const { movie, rating, kind } of changes) {
        if (kind === 'rate') rated.set(movie.id, rating)
        else if (kind === 'remove') catalogue.remove(movie.id)
        else catalogue.put(movie)
        if (kind === 'remove') movies.delete(movie.id)
        if (kind === 'put') movies.set(movie.id, movie)
      }
      expect(catalogue.count()).toBe(movies.size)
      const filter = given.filter === '' ? undefined : await parseFilter(given.filter)
      const recent = new Map(
        changes.flatMap(({ movie, rating }, index) =>
          rating && index % 2 === 0 ? [[movie.id, rating] as const] : [],
        ),
      )
      for (const ratings of [undefined, recent]) {
        const withRating = (movie: Metadata): RatedMovie => {
          return { ...movie, rating: (ratings ?? rated).get(movie.id) }
        }
        const expected = listByHand([...movies.values()].map(withRating), given)
        const found = await readPages(catalogue, { ...given, filter, ratings }, given.pageSize)
        expect(found).toEqual(expected.map(({ id }) => id))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('facets count the movies of all pages', async () => {
  const catalogue = createCatalogue()
  catalogue.put(movie('A', { genres: ['Drama', 'War'], year: 1994 }))
  catalogue.put(movie('B', { genres: ['Drama', 'Drama'], year: 1999 }))
  catalogue.put(movie('C', { genres: ['War'], year: 2000 }))
  catalogue.put(movie('D'))
  catalogue.put(movie('A', { genres: ['Drama'], year: 1994 }))
  const page = await catalogue.list({ ...everything, limit: 1, hasFacets: true }, noPause)
  expect(page).toMatchObject({ totalSize: 4, hasNext: true })
  expect(page.facets).toEqual({
    genres: [
      { value: 'Drama', count: 2 },
      { value: 'War', count: 1 },
    ],
    decades: [
      { value: 1990, count: 2 },
      { value: 2000, count: 1 },
    ],
    letters: ['A', 'B', 'C', 'D'].map((value) => ({ value, count: 1 })),
  })
})

test('a list that is read page by page stays in order while movies change', async () => {
  const catalogue = createCatalogue()
  const staying = Array.from({ length: 40 }, (_, n) => movie(`Film ${n}`, { year: 1900 + (n % 7) }))
  for (const each of staying) catalogue.put(each)
  let round = 0
  const found = await readPages(
    catalogue,
    { query: 'film', order: parseOrder('year desc', true) },
    5,
    () => {
      round += 1
      catalogue.put(movie(`Film new ${round}`, { year: 1900 + (round % 7) }))
      catalogue.put(staying[0] as Metadata)
      catalogue.remove(`Film new ${round - 2}`)
    },
  )
  expect(new Set(found).size).toBe(found.length)
  expect(staying.filter(({ id }) => !found.includes(id))).toEqual([])
})

test('a list has one state of the ratings from its beginning to its end', async () => {
  const catalogue = createCatalogue()
  const count = 100_000
  for (let n = 0; n < count; n++) catalogue.put(movie(`Film ${n}`))
  for (let n = 0; n < count; n++) catalogue.rate(`Film ${n}`, ratingOf(n / count))
  let round = 0
  const pause = async () => {
    round += 1
    for (let n = 0; n < count; n += 100) catalogue.rate(`Film ${n}`, ratingOf(round))
  }
  const order = parseOrder('rating.bayesian_score desc', false)
  const filter = await parseFilter('rating.mean < 1')
  const page = await catalogue.list({ ...everything, filter, order, limit: 3 }, pause)
  expect(round).toBeGreaterThan(3)
  expect(page.totalSize).toBe(count)
  const last = [99_999, 99_998, 99_997].map((n) => `Film ${n}`)
  expect(page.movies.map(({ id }) => id)).toEqual(last)
  const next = await catalogue.list({ ...everything, filter, order }, noPause)
  expect(next.totalSize).toBe(count - count / 100)
})

test('few lists by ratings are read at once, and a failed one makes room', async () => {
  const catalogue = createCatalogue()
  for (let n = 0; n < 100_000; n++) catalogue.put(movie(`Film ${n}`))
  const reading = new Set<number>()
  let most = 0
  const order = parseOrder('rating.mean desc', false)
  const lists = Array.from({ length: 10 }, async (_, index) => {
    const pause = async () => {
      most = Math.max(most, reading.add(index).size)
      await setImmediate()
      if (index % 2 === 0) throw new Error('cancelled')
      catalogue.rate('Film 1', ratingOf(index))
    }
    try {
      return (await catalogue.list({ ...everything, order }, pause)).totalSize
    } finally {
      reading.delete(index)
    }
  })
  const results = await Promise.allSettled(lists)
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual(
    lists.map((_, index) => index % 2 === 1),
  )
  // A list that has ended is in the set until after the next one has begun.
  expect(most).toBeLessThanOrEqual(8)
})

const ratingOf = (score: number): MovieRating => ({ count: 1, mean: score, score })

test('a list of many movies pauses, and ends when it is cancelled', async () => {
  const catalogue = createCatalogue()
  for (let n = 0; n < 100_000; n++) catalogue.put(movie(`Film ${n}`))
  let pauses = 0
  const pause = async () => {
    pauses += 1
  }
  const query = { ...everything, query: 'film', filter: await parseFilter('title.contains("9")') }
  const page = await catalogue.list(query, pause)
  expect(page.totalSize).toBe(40_951)
  expect(pauses).toBeGreaterThan(6)
  const cancelled = catalogue.list(query, () => Promise.reject(new Error('cancelled')))
  expect(await cancelled.catch((error: Error) => error.message)).toBe('cancelled')
})

test('a list with a filter looks at one chunk of movies in a turn, whatever it compares', async () => {
  const catalogue = createCatalogue()
  for (let n = 0; n < 5 * chunkSize; n++) catalogue.put(movie(`Film ${n}`))
  const pausesOf = async (filter: string) => {
    let pauses = 0
    const list = { ...everything, filter: await parseFilter(filter) }
    await catalogue.list(list, async () => {
      pauses += 1
    })
    return pauses
  }
  const most = Array.from({ length: 32 }, (_, n) => `title.contains("q${n}")`).join(' || ')
  const values = Array.from({ length: 100 }, (_, n) => `"f${n}"`).join(', ')
  for (const filter of [most, `director in [${values}]`, 'title < "G"', '"Drama" in genres']) {
    expect([filter, await pausesOf(filter)]).toEqual([filter, 4])
  }
})

test('a search reads no more words when no movie can have all of them', async () => {
  const catalogue = createCatalogue()
  for (let n = 0; n < 100_000; n++) catalogue.put(movie(`Film ${n}`))
  const pausesOf = async (query: string) => {
    let pauses = 0
    const page = await catalogue.list({ ...everything, query }, async () => {
      pauses += 1
    })
    return { pauses, totalSize: page.totalSize }
  }
  // The first list also sorts the titles.
  await pausesOf('film')
  const one = await pausesOf('nothing1')
  expect(one.totalSize).toBe(0)
  const many = Array.from({ length: 32 }, (_, n) => `nothing${n}`).join(' ')
  expect(await pausesOf(many)).toEqual(one)
})

test('lists by the same given ratings take them over once, and see new movies', async () => {
  const catalogue = createCatalogue()
  for (let n = 0; n < 40_000; n++) catalogue.put(movie(`Film ${n}`))
  let readCount = 0
  const ratings = new (class extends Map<string, MovieRating> {
    override [Symbol.iterator]() {
      readCount++
      return super[Symbol.iterator]()
    }
  })()
  ratings.set('Film 5', ratingOf(4))
  ratings.set('Film new', ratingOf(5))
  const order = parseOrder('rating.mean desc', false)
  const read = async () => {
    const page = await catalogue.list({ ...everything, ratings, order, limit: 2 }, noPause)
    return page.movies.map(({ id }) => id)
  }
  expect(await read()).toEqual(['Film 5', 'Film 0'])
  catalogue.put(movie('Film new'))
  catalogue.put(movie('Film 5', { year: 2000 }))
  expect(await read()).toEqual(['Film new', 'Film 5'])
  expect(readCount).toBe(1)
})

test('a list by ratings that were prepared does not take them over, nor do others meanwhile', async () => {
  const catalogue = createCatalogue()
  for (let n = 0; n < 40_000; n++) catalogue.put(movie(`Film ${n}`))
  const order = parseOrder('rating.mean desc', false)
  const ratingsOf = (mean: number) =>
    new Map(Array.from({ length: 20_000 }, (_, n) => [`Film ${n}`, ratingOf(mean)]))
  const pausesOf = async (ratings: ReturnType<typeof ratingsOf>) => {
    let pauses = 0
    await catalogue.list({ ...everything, ratings, order }, async () => {
      pauses++
    })
    return pauses
  }
  const [week, month, nextWeek] = [ratingsOf(1), ratingsOf(2), ratingsOf(3)]
  for (const ratings of [week, month, nextWeek]) await catalogue.prepare(ratings, noPause)
  const counts = [await pausesOf(week), await pausesOf(month), await pausesOf(nextWeek)]
  expect(new Set(counts).size).toBe(1)
  expect(await pausesOf(ratingsOf(4))).toBeGreaterThanOrEqual(Math.max(...counts) + 10)
})

const everything: CatalogueQuery = {
  ...{ query: '', filter: undefined, order: [], after: undefined, limit: 500, hasFacets: false },
}

const noPause = async () => {}

function movie(title: string, more: Partial<Metadata> = {}): Metadata {
  return { id: title, title, description: '', director: '', releaseDate: '', genres: [], ...more }
}

async function list(movies: readonly Metadata[], query: Partial<CatalogueQuery>) {
  const catalogue = createCatalogue()
  for (const each of movies) catalogue.put(each)
  const page = await catalogue.list({ ...everything, ...query }, noPause)
  return page.movies.map(({ id }) => movies.find((each) => each.id === id) as Metadata)
}

async function readPages(
  catalogue: ReturnType<typeof createCatalogue>,
  query: Partial<CatalogueQuery>,
  limit: number,
  between = () => {},
): Promise<string[]> {
  const ids: string[] = []
  let after: Position | undefined
  for (;;) {
    const page = await catalogue.list({ ...everything, ...query, limit, after }, noPause)
    ids.push(...page.movies.map(({ id }) => id))
    if (!page.hasNext) return ids
    expect(page.movies).toHaveLength(limit)
    after = JSON.parse(JSON.stringify(page.movies.at(-1)?.position)) as Position
    between()
  }
}

const word = fc.constantFrom('star', 'stars', 'wars', 'the', 'alien', 'al', 'e', '1994', 'amélie')
const phrase = fc
  .array(fc.tuple(word, fc.constantFrom(' ', '-', ': ')), { maxLength: 4 })
  .map((parts) => parts.flat().join(''))

const anyMovie = fc.record<Metadata>(
  {
    id: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8', '9'),
    title: phrase,
    description: fc.constant(''),
    director: phrase,
    releaseDate: fc.constant(''),
    genres: fc.subarray(['Drama', 'War', 'Film-Noir']),
    year: fc.integer({ min: 1993, max: 1996 }),
    runningTimeMinutes: fc.integer({ min: 1, max: 3 }),
    imdbRating: fc.constantFrom(1, 7.5, 10),
    imdbVotes: fc.integer({ min: 0, max: 3 }),
  },
  { requiredKeys: ['id', 'title', 'description', 'director', 'releaseDate', 'genres'] },
)

const anyRating = fc.option(
  fc.record<MovieRating>({
    count: fc.integer({ min: 1, max: 3 }),
    mean: fc.constantFrom(1.5, 2, 4.5),
    score: fc.constantFrom(2.25, 3, 4.5),
  }),
  { nil: undefined },
)

const anyChange = fc.record({
  movie: anyMovie,
  rating: anyRating,
  kind: fc.constantFrom('put', 'put', 'rate', 'rate', 'remove'),
})

const comparison = fc.oneof(
  fc.tuple(
    fc.constantFrom(...Object.keys(numberProperties)),
    fc.constantFrom('==', '!=', '<', '<=', '>', '>='),
    fc.constantFrom('1994', '2', '7.5', '-1', '1994.5'),
  ),
  fc.tuple(
    fc.constantFrom('title', 'director', 'id'),
    fc.constantFrom('==', '!=', '<', '>='),
    fc.constantFrom('"5"', '"star "', '"s"', "''"),
  ),
  fc.constantFrom(
    ['"Drama" in genres'],
    ['year in [1994, 1995]'],
    ['id in ["1", "2"]'],
    ['title.startsWith("star")'],
    ['director.endsWith(" ")'],
    ['title.contains("-")'],
    ['title.contains("r w")'],
    ['title.contains("Star")'],
    ['title.contains("")'],
    ['title.contains("éli")'],
    [`director.contains("${'star '.repeat(150)}")`],
    ['director.contains("𞤀")'],
    ['director.startsWith("st")'],
    ['director in ["", "star ", "al-"]'],
    ['title in ["star wars ", "e "]'],
    ['id.contains("5")'],
    ['id.endsWith("")'],
    ['1994 <= year'],
    ['2 < rating.mean'],
    ['rating.count in [0, 2]'],
    ['"5" > id'],
    ['"s" <= title'],
  ),
)

const { filter: anyFilter } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    comparison.map((parts) => parts.join(' ')),
    tie('filter').map((part) => `!(${part})`),
    fc
      .tuple(tie('filter'), fc.constantFrom('&&', '||'), tie('filter'))
      .map(([left, operator, right]) => `(${left}) ${operator} ${right}`),
  ),
}))

const start = fc.constantFrom('st', 'w', 'al', 'ali', 'the', 'star', 'stars', 'noir', '1994', 'e')
const anyQuery = fc.oneof(
  { weight: 3, arbitrary: start },
  { weight: 3, arbitrary: fc.tuple(start, start).map((words) => words.join(' ')) },
  { weight: 2, arbitrary: start.map((word) => `${word} 1994`) },
  { weight: 1, arbitrary: phrase },
  { weight: 1, arbitrary: fc.constantFrom('', 'satr', 'aliens 1994', 'starwars', 'sters alein') },
)
const anyOrder = fc.constantFrom(
  '',
  '',
  '',
  'title desc',
  'year, title desc',
  'imdb_votes desc, year',
  'rating.bayesian_score desc',
  'rating.count, title desc',
  'rating.mean desc, imdb_votes',
)

const anyList = fc
  .record({
    query: anyQuery,
    filter: fc.oneof(fc.constant(''), anyFilter),
    order: anyOrder,
    pageSize: fc.integer({ min: 1, max: 4 }),
  })
  .map((list) => ({ ...list, order: parseOrder(list.order, false) }))
