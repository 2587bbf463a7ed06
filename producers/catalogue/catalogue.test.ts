import { expect, test } from 'bun:test'
import { imdbMovie } from './imdb.ts'
import { movieLensLink, movieLensMovie, movieLensRating } from './movielens.ts'
import { timestampOf } from './outcome.ts'
import { createVegaMapping, readVegaMovies } from './vega.ts'

const land = { Title: 'The Land Girls', 'Release Date': 'Jun 12 1998' }

test('the demo catalogue has 3,201 movies, each with a unique id and a correct year', async () => {
  const movies = await Array.fromAsync(readVegaMovies())
  expect(movies).toHaveLength(3201)
  expect(new Set(movies.map(({ id }) => id)).size).toBe(3201)
  for (const { id, title, year = 0, releaseDate } of movies) {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*-\d{4}$/)
    expect(title).not.toBe('')
    expect(year).toBeWithin(1915, 2012)
    expect(releaseDate).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  }
})

test('the demo catalogue corrects the errors of its source', async () => {
  const byId = new Map((await Array.fromAsync(readVegaMovies())).map((movie) => [movie.id, movie]))
  expect(byId.get('leon-1994')?.title).toBe('Léon')
  expect(byId.get('the-birth-of-a-nation-1915')?.releaseDate).toBe('1915-02-08')
  expect(byId.get('1776-1972')?.title).toBe('1776')
  expect(byId.get('unknown-2006')?.imdbVotes).toBe(11986)
})

test('a movie of vega-datasets keeps all known values', () => {
  const fields = {
    ...land,
    Director: 'Jane Doe',
    'Major Genre': 'Thriller/Suspense',
    'Running Time min': 90,
    'IMDB Rating': 6.1,
    'IMDB Votes': 1071,
  }
  expect(createVegaMapping()(fields)).toEqual({
    kind: 'item',
    item: {
      id: 'the-land-girls-1998',
      title: 'The Land Girls',
      description: '',
      director: 'Jane Doe',
      releaseDate: '1998-06-12',
      year: 1998,
      genres: ['Thriller', 'Suspense'],
      runningTimeMinutes: 90,
      imdbRating: 6.1,
      imdbVotes: 1071,
    },
  })
})

test('movies with the same title and year get numbered ids in the order of the file', () => {
  const toMovie = createVegaMapping()
  const ids = [land, land, { ...land, Title: 'the land girls!' }, { Title: '???' }].map(
    (fields) => {
      const outcome = toMovie(fields)
      return outcome.kind === 'item' ? outcome.item.id : outcome.kind
    },
  )
  expect(ids).toEqual([
    'the-land-girls-1998',
    'the-land-girls-1998-2',
    'the-land-girls-1998-3',
    'untitled',
  ])
})

test('an element of vega-datasets that is not a movie is refused', () => {
  for (const element of [null, 5, 'x', {}, { Title: null }, { Title: ' ' }]) {
    expect(createVegaMapping()(element).kind).toBe('refused')
  }
})

test.each([
  ['1,Toy Story (1995),Adventure|Animation', '1', 'Toy Story', 1995, ['Adventure', 'Animation']],
  ['2,"Postman, The (Il postino) (1994)",Drama', '2', 'Postman, The (Il postino)', 1994, ['Drama']],
  ['3,"The ""Hi"" (2000)",Drama', '3', 'The "Hi"', 2000, ['Drama']],
  ['4,Big Bang (2007-),Comedy', '4', 'Big Bang', 2007, ['Comedy']],
  ['5,Civil War (1990–1991) ,Drama', '5', 'Civil War', 1990, ['Drama']],
  ['6,Babylon 5,(no genres listed)', '6', 'Babylon 5', undefined, []],
])('MovieLens: %s', (line, id, title, year, genres) => {
  const outcome = movieLensMovie(line)
  expect(outcome).toMatchObject({ kind: 'item', item: { id, title, genres } })
  expect(outcome.kind === 'item' && outcome.item.year).toBe(year as number)
})

test('MovieLens: a movie has its own id and those of links.csv, where they are ids', () => {
  const links = new Map([['1', { imdb: 'tt0114709', tmdb: '862' }]])
  const idsOf = (line: string) => {
    const outcome = movieLensMovie(line, links)
    return outcome.kind === 'item' && outcome.item.externalIds
  }
  expect(idsOf('1,Toy Story (1995),Drama')).toEqual({
    imdb: 'tt0114709',
    tmdb: '862',
    movielens: '1',
  })
  expect(idsOf('2,Jumanji (1995),Drama')).toEqual({ movielens: '2' })
  expect(idsOf('x,Jumanji (1995),Drama')).toEqual({})
})

test.each([
  ['1,0114709,862', ['1', { imdb: 'tt0114709', tmdb: '862' }]],
  ['1,114709,', ['1', { imdb: 'tt0114709' }]],
  ['1,,862', ['1', { tmdb: '862' }]],
  ['1,,', ['1', {}]],
  ['1,12345678,862', ['1', { imdb: 'tt12345678', tmdb: '862' }]],
  ['1,tt0114709,862', 'its imdbId is "tt0114709"'],
  ['1,0,862', 'its imdbId is "0"'],
  ['1,0114709,862.0', 'its tmdbId is "862.0"'],
  ['1,0114709', 'it has 2 fields, not 3'],
])('MovieLens: the link %s', (line, expected) => {
  const outcome = movieLensLink(line)
  expect<unknown>(outcome.kind === 'item' ? outcome.item : outcome).toEqual(
    typeof expected === 'string' ? { kind: 'refused', reason: expected } : expected,
  )
})

test.each(['1,Toy Story', '1,a,b,c', '1,"Toy Story (1995),Drama', '1,x"y,Drama'])(
  'MovieLens refuses the movie %s',
  (line) => {
    expect(movieLensMovie(line).kind).toBe('refused')
  },
)

test.each([
  ['0.5', 0.5],
  ['1.0', 1],
  ['1.5', 1.5],
  ['2.50', 2.5],
  ['4.5', 4.5],
  ['5', 5],
])('MovieLens: %s stars are the value %d', (stars, value) => {
  const ratedTime = timestampOf(1_147_880_044_000)
  const item = { recordType: 'movie', recordId: '296', userId: '1', value, ratedTime }
  expect(movieLensRating(`1,296,${stars},1147880044`)).toEqual({ kind: 'item', item })
})

test('MovieLens refuses a rating between two half stars, with the scale', () => {
  expect(movieLensRating('1,296,3.7,5')).toEqual({
    kind: 'refused',
    reason: 'its rating is "3.7", not 0.5 to 5 in steps of 0.5',
  })
})

test.each([
  '1,296,,5',
  '1,296,0,5',
  '1,296,5.5,5',
  '1,296,0.75,5',
  '1,296,4.50001,5',
  '1,296,4e0,5',
  '1,296,x,5',
  '1,296,NaN,5',
  '1,296,4',
  '1,"296,4,5',
])('MovieLens refuses the rating %s', (line) => {
  expect(movieLensRating(line).kind).toBe('refused')
})

const movies = { allTypes: false, adult: false }
const basics = (type: string, year: string, minutes: string, genres: string) =>
  ['tt0111161', type, 'The "Shawshank', 'Redemption', '0', year, '\\N', minutes, genres].join('\t')

test('IMDb: quotes are ordinary characters, and \\N means unknown', () => {
  expect(imdbMovie(basics('movie', '1994', '142', 'Crime,Drama'), movies)).toEqual({
    kind: 'item',
    item: {
      id: 'tt0111161',
      title: 'The "Shawshank',
      description: '',
      director: '',
      releaseDate: '1994',
      year: 1994,
      genres: ['Crime', 'Drama'],
      externalIds: { imdb: 'tt0111161' },
      runningTimeMinutes: 142,
    },
  })
  expect(imdbMovie(basics('tvMovie', '\\N', '\\N', '\\N'), movies)).toEqual({
    kind: 'item',
    item: {
      id: 'tt0111161',
      title: 'The "Shawshank',
      description: '',
      director: '',
      releaseDate: '',
      genres: [],
      externalIds: { imdb: 'tt0111161' },
    },
  })
})

test('IMDb: other titles than movies are skipped, unless all types are requested', () => {
  const episode = basics('tvEpisode', '1994', '30', '\\N')
  expect(imdbMovie(episode, movies).kind).toBe('skipped')
  expect(imdbMovie(episode, { ...movies, allTypes: true }).kind).toBe('item')
})

test('IMDb: a movie without a title is refused', () => {
  const line = basics('movie', '1994', '142', 'Drama').replace('The "Shawshank', '\\N')
  expect(imdbMovie(line, movies)).toEqual({
    kind: 'refused',
    reason: 'it has no primaryTitle',
  })
})

test('IMDb: a line with other columns is refused', () => {
  for (const line of [
    'tt1\tmovie',
    basics('movie', 'x', '1', ''),
    basics('movie', '1994', 'x', ''),
  ]) {
    expect(imdbMovie(line, movies).kind).toBe('refused')
  }
})

test('IMDb: adult titles are skipped, or imported with their genre', () => {
  const adult = basics('movie', '1994', '142', 'Drama').replace('\t0\t', '\t1\t')
  expect(imdbMovie(adult, movies).kind).toBe('skipped')
  expect(imdbMovie(adult, { ...movies, adult: true })).toMatchObject({
    item: { genres: ['Drama', 'Adult'] },
  })
})

test.each([
  ['99999', '142'],
  ['1994', '999999999'],
])(
  'IMDb: the year %s and %s minutes: the impossible value is removed, and the movie kept',
  (year, minutes) => {
    const outcome = imdbMovie(basics('movie', year, minutes, 'Drama,\\N'), movies)
    expect(outcome).toMatchObject({
      kind: 'item',
      change: 'corrected',
      item: { genres: ['Drama'] },
    })
    const item = outcome.kind === 'item' ? outcome.item : undefined
    expect(item?.year).toBe(year === '1994' ? 1994 : undefined)
    expect(item?.runningTimeMinutes).toBe(minutes === '142' ? 142 : undefined)
  },
)

test('MovieLens: a number in brackets that is not a year stays in the title', () => {
  expect(movieLensMovie('1,Room (9999),Drama')).toMatchObject({ item: { title: 'Room (9999)' } })
})
