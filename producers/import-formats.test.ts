import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { MetadataSchema } from '../gen/metadata/v1/metadata_pb.ts'
import { importRatings } from './import-ratings.ts'
import { type RecordingServices, startRecordingServices } from './testing/recording-services.ts'
import { record } from './testing/recording-terminal.ts'

let services: RecordingServices
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-formats-'))
  services = await startRecordingServices()
})
beforeEach(() => {
  services.clear()
  const catalogue = [
    { id: 'heat', title: 'Heat', year: 1995, externalIds: { imdb: 'tt0113277', tmdb: '949' } },
    { id: 'toy', title: 'Toy Story', year: 1995, externalIds: { movielens: '1', tmdb: '862' } },
    { id: 'uri', title: 'Uri', year: 2000, externalIds: { letterboxd: 'https://boxd.it/2b0k' } },
    { id: 'trakt', title: 'Trakt', year: 2000, externalIds: { trakt: '609' } },
    { id: 'twin-1', title: 'Twin', year: 2001, externalIds: { tmdb: '11' } },
    { id: 'twin-2', title: 'Twin, again', year: 2002, externalIds: { tmdb: '11' } },
    { id: 'plain', title: 'Plain', year: 2003 },
  ]
  for (const movie of catalogue) services.movies.set(movie.id, create(MetadataSchema, movie))
})
afterAll(async () => {
  await services[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function file(name: string, ...lines: string[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `${lines.join('\n')}\n`)
  return path
}

/** Runs the program. Returns the summary's lines without the padding and the seconds. */
async function run(path: string, ...args: string[]): Promise<string[]> {
  const all = ['--metadata', services.url, '--rating', services.url, ...args, path]
  const { exitCode, stdout, stderr } = await record(importRatings, all)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replaceAll(/\s+/g, ' '))
}

function counts(read: number, imported = 0, unmatched = 0, ambiguous = 0, refused = 0): string[] {
  const all = { read, imported, unmatched, ambiguous, refused }
  return Object.entries(all).map(([label, count]) => `${label} ${count}`)
}

function saved() {
  return Object.fromEntries(
    [...services.ratings.values()].map((r) => [`${r.userId} ${r.recordId}`, r.value]),
  )
}

function pageOf(time: string): string {
  const account = { account_rating: { value: 8, created_at: time } }
  return JSON.stringify({ page: 1, results: [{ id: 949, title: 'Heat', ...account }] })
}

function traktOf(time: unknown): string {
  const movie = { title: 'Heat', year: 1995, ids: { imdb: 'tt0113277' } }
  return JSON.stringify([{ rated_at: time, rating: 8, movie }])
}

/** Returns the rated times of the saved ratings, by user and movie. */
function savedTimes() {
  return Object.fromEntries(
    [...services.ratings.values()].map(({ userId, recordId, ratedTime }) => {
      return [`${userId} ${recordId}`, ratedTime && timestampDate(ratedTime).toISOString()]
    }),
  )
}

const tmdbHeader =
  'TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated'
const tmdbRow = (id: string, imdb: string, type: string, name: string, rating: string) =>
  `${id},${imdb},${type},${name},1995-12-15T00:00:00Z,,,7.2,${rating},2022-09-20T00:00:00Z`

test('ratings of TMDB are matched by its id, and halved where half of them is a value', async () => {
  const path = await file(
    'tmdb.csv',
    tmdbHeader,
    tmdbRow('949', 'tt0113277', 'movie', 'Another title', '7.0'),
    tmdbRow('862', '', 'movie', 'Toy Story', '7.5'),
    tmdbRow('5', '', 'movie', 'Heat', '8.0'),
    tmdbRow('949', '', 'tv', 'Heat', '8.0'),
    tmdbRow('x', '', 'movie', 'Heat', '8.0'),
    tmdbRow('9', '', 'movie', 'Heat', '10.5'),
  )
  expect(await run(path, '--user', 'me')).toEqual([
    'unmatched line 4: "Heat" (1995): it is not in the catalogue',
    'unmatched line 5: "Heat" (1995): it is not a movie, and its id is not in the catalogue',
    'refused line 6: its TMDb ID is "x", not a number',
    'refused line 7: its rating is "10.5", not 0.5 to 10 in steps of 0.5',
    'refused line 3: "Toy Story" (1995): 7.5 of 10 has no equal from 0.5 to 5 in steps of 0.5',
    ...counts(6, 1, 2, 0, 3),
  ])
  expect(saved()).toEqual({ 'me heat': 3.5 })
})

test('pages of TMDB’s API are read one by one, or as an array', async () => {
  const result = (id: number, rating: unknown, more = {}) => {
    return { id, title: 'Heat', release_date: '1995-12-15', rating, ...more }
  }
  const account = { rating: undefined, account_rating: { value: 9, created_at: '2024-01-31' } }
  const pages = [
    { page: 1, results: [result(949, 8), result(862, 7)], total_pages: 2, total_results: 4 },
    { page: 2, results: [result(1, undefined), result(2, 8.25), { id: 'x' }] },
    { page: 3, results: [result(862, undefined, account)] },
  ]
  const [first, ...others] = pages
  expect(
    await run(await file('page.json', JSON.stringify(first, null, 2)), '--user', 'me'),
  ).toEqual(counts(2, 2))
  expect(saved()).toEqual({ 'me heat': 4, 'me toy': 3.5 })
  expect(await run(await file('pages.json', JSON.stringify(others)), '--user', 'me')).toEqual([
    'refused result 1 of element 1 (line 1): it has no rating',
    'refused result 2 of element 1 (line 1): its rating is "8.25", not 0.5 to 10 in steps of 0.5',
    'refused result 3 of element 1 (line 1): it has no movie with an id and a title',
    ...counts(4, 1, 0, 0, 3),
  ])
  expect(saved()).toEqual({ 'me heat': 4, 'me toy': 4.5 })
})

test('Letterboxd’s URI and Trakt’s number find movies whatever their titles', async () => {
  const csv = ['Date,Name,Year,Letterboxd URI,Rating', '2024-01-31,X,1990,https://boxd.it/2b0k,4.5']
  expect(await run(await file('letterboxd.csv', ...csv), '--user', 'me')).toEqual(counts(1, 1))
  const rated = { rating: 9, movie: { title: 'Y', year: 1990, ids: { trakt: 609, slug: 'y' } } }
  expect(await run(await file('trakt.json', JSON.stringify([rated])), '--user', 'me')).toEqual(
    counts(1, 1),
  )
  expect(saved()).toEqual({ 'me uri': 4.5, 'me trakt': 4.5 })
})

test.each([
  ['imdb', ['Const,Your Rating,Date Rated', 'tt0113277,8,2024-01-31'], '2024-01-31T00:00:00.000Z'],
  [
    'letterboxd',
    ['Date,Name,Year,Letterboxd URI,Rating', '1969-07-20,Heat,1995,,4'],
    '1969-07-20T00:00:00.000Z',
  ],
  ['tmdb', [tmdbHeader, tmdbRow('949', '', 'movie', 'Heat', '8')], '2022-09-20T00:00:00.000Z'],
  ['tmdb-pages', [pageOf('2024-01-31T12:30:15.250Z')], '2024-01-31T12:30:15.250Z'],
  ['trakt', [traktOf('2024-01-31T12:30:15.250Z')], '2024-01-31T12:30:15.250Z'],
  ['trakt', [traktOf('2024-01-31T12:30:15+05:30')], '2024-01-31T07:00:15.000Z'],
  ['trakt', [traktOf('2023-02-29T00:00:00Z')], undefined],
  ['trakt', [traktOf(5)], undefined],
  ['imdb', ['Const,Your Rating', 'tt0113277,8'], undefined],
  ['imdb', ['Const,Your Rating,Date Rated', 'tt0113277,8,31.1.2024'], undefined],
  ['imdb', ['Const,Your Rating,Date Rated', 'tt0113277,8,0000-01-01'], undefined],
])('the date of a rating of %s is its rated time: %j', async (kind, lines, time) => {
  expect(await run(await file('dated', ...lines), '--user', 'me', '--kind', kind)).toEqual(
    counts(1, 1),
  )
  expect(savedTimes()).toEqual({ 'me heat': time })
})

test('the times of several users are theirs, and earlier files of our own name them otherwise', async () => {
  const seconds = ['-14182940', '253402300799', '253402300800', '']
  const rows = seconds.map((each, index) => `${index},1,4.5,${each}`)
  const csv = await file('ratings.csv', 'userId,movieId,rating,timestamp', ...rows)
  expect(await run(csv)).toEqual(counts(4, 4))
  const expected = {
    '0 toy': '1969-07-20T20:17:40.000Z',
    '1 toy': '9999-12-31T23:59:59.000Z',
    '2 toy': undefined,
    '3 toy': undefined,
  }
  expect(savedTimes()).toEqual(expected)
  const times = { ratedTime: '0001-01-01T00:00:00.001Z', updateTime: '2024-01-31T00:00:00Z' }
  const { updateTime } = times
  const path = await file(
    'ours.jsonl',
    head,
    ours('ann', 'toy', times),
    ours('bob', 'toy', { updateTime }),
  )
  expect(await run(path, '--record-ids')).toEqual(counts(2, 2))
  expect(savedTimes()).toEqual({
    ...expected,
    'ann toy': '0001-01-01T00:00:00.001Z',
    'bob toy': '2024-01-31T00:00:00.000Z',
  })
})

test('an id that two movies claim, and ids of which one is of another movie, are ambiguous', async () => {
  const path = await file(
    'ambiguous.csv',
    tmdbHeader,
    tmdbRow('11', '', 'movie', 'Twin', '8'),
    tmdbRow('949', 'tt0000001', 'movie', 'Heat', '8'),
    tmdbRow('862', 'tt0113277', 'movie', 'Heat', '8'),
  )
  expect(await run(path, '--user', 'me')).toEqual([
    'ambiguous line 2: "Twin" (1995): the catalogue has twin-1, twin-2',
    'ambiguous line 3: "Heat" (1995): heat has some of its ids, and others',
    'ambiguous line 4: "Heat" (1995): the catalogue has heat, toy',
    ...counts(3, 0, 0, 3),
  ])
})

const movieLens = [
  'userId,movieId,rating,timestamp',
  '1,1,4.5,5',
  '2,1,0.5,5',
  '1,6,3.0,5',
  '2,7,5,5',
]

test('movies of MovieLens are found by its ids, by those of links.csv and by title', async () => {
  const ratings = await file('ratings.csv', ...movieLens, '2,x,5,5', '2,8,1.25,5')
  const links = await file('links.csv', 'movieId,imdbId,tmdbId', '6,0113277,949')
  const movies = await file('movies.csv', 'movieId,title,genres', '7,Plain (2003),Drama')
  expect(await run(ratings, '--links', links, '--movies', movies)).toEqual([
    'refused line 6: its movieId is "x"',
    'refused line 7: its rating is "1.25", not 0.5 to 5 in steps of 0.5',
    ...counts(6, 4, 0, 0, 2),
  ])
  expect(saved()).toEqual({ '1 toy': 4.5, '2 toy': 0.5, '1 heat': 3, '2 plain': 5 })
  services.ratings.clear()
  expect(await run(await file('ratings.csv', ...movieLens), '--user', '2')).toEqual([
    'unmatched line 5: 7: it has no title and year to search by',
    ...counts(2, 1, 1),
  ])
  expect(saved()).toEqual({ '2 toy': 0.5 })
})

test('two movies of MovieLens that are one movie of the catalogue are ambiguous', async () => {
  const ratings = await file('ratings.csv', ...movieLens)
  const links = await file('links.csv', 'movieId,imdbId,tmdbId', '6,,949', '7,0113277,')
  expect((await run(ratings, '--links', links)).slice(0, 2)).toEqual([
    'ambiguous line 4: 6: its movie is heat, which is also that of 7',
    'ambiguous line 5: 7: its movie is heat, which is also that of 6',
  ])
  expect(saved()).toEqual({ '1 toy': 4.5, '2 toy': 0.5 })
})

const head = '{"format":"marquee-ratings","version":1}'
const ours = (userId: string, recordId: string, more = {}) => {
  const scale = '0.5:5:0.5'
  return JSON.stringify({ userId, recordType: 'movie', recordId, value: 4.5, scale, ...more })
}

test('our own lines are matched by record id when the movie is the same, otherwise as others', async () => {
  const path = await file(
    'ours.jsonl',
    head,
    ours('ann', 'heat', { title: 'Heat', year: 1995 }),
    ours('ann', 'toy', { title: 'Twin', year: 2001, externalIds: { tmdb: '12' } }),
    ours('ann', 'elsewhere', { title: 'Plain', year: 2003 }),
    ours('ann', 'x', { externalIds: { letterboxd: 'https://boxd.it/2b0k' } }),
    ours('bob', 'heat', { value: 90, scale: '0:100:1' }),
    ours('bob', 'book-1', { recordType: 'book', value: 2 }),
    ours('bob', 'heat', { value: 91, scale: '0:100:1' }),
    ours('bob', 'heat', { scale: '5' }),
    ours('b b', 'heat'),
    '{"userId":',
  )
  expect(await run(path)).toEqual([
    'unmatched line 3: "Twin" (2001): it is not in the catalogue',
    'refused line 8: heat: 91 of 100 has no equal from 0.5 to 5 in steps of 0.5',
    'refused line 9: its scale is "5"',
    'refused line 10: it is not JSON with userId, recordType and recordId',
    'refused line 11: it is not JSON with userId, recordType and recordId',
    ...counts(10, 5, 1, 0, 4),
  ])
  const expected = { 'ann heat': 4.5, 'ann plain': 4.5, 'ann uri': 4.5 }
  expect(saved()).toEqual({ ...expected, 'bob heat': 4.5, 'bob book-1': 2 })
})

test('--record-ids takes record ids as they are, without the catalogue', async () => {
  const path = await file('ours.jsonl', head, ours('ann', 'nowhere'), ours('ann', 'toy'))
  expect(await run(path, '--record-ids', '--metadata', 'http://127.0.0.1:1')).toEqual(counts(2, 2))
  expect(saved()).toEqual({ 'ann nowhere': 4.5, 'ann toy': 4.5 })
})
