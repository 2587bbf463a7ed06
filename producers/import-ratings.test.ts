import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { setTimeout } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { spawnProgram } from '@marquee/testing/process'
import { MetadataSchema } from '../gen/metadata/v1/metadata_pb.ts'
import { createScale } from '../services/rating/scale.ts'
import { importRatings } from './import-ratings.ts'
import { type RecordingServices, startRecordingServices } from './testing/recording-services.ts'
import { type RunOptions, record } from './testing/recording-terminal.ts'

let services: RecordingServices

beforeAll(async () => {
  services = await startRecordingServices()
})
beforeEach(() => {
  services.clear()
  const catalogue = [
    { id: 'tt0113277', title: 'Heat', year: 1995 },
    { id: 'heat-1986', title: 'Heat', year: 1986 },
    { id: 'amelie-2001', title: 'Amélie', year: 2001 },
    { id: 'good-2000', title: 'The "Good", the Bad', year: 2000 },
    { id: 'hamlet-1996', title: 'Hamlet', year: 1996 },
    { id: 'hamlet-1996-2', title: 'Hamlet', year: 1996 },
    { id: 'pilot-2004', title: 'Pilot', year: 2004 },
    { id: 'undated', title: 'Undated' },
  ]
  for (const movie of catalogue) services.movies.set(movie.id, create(MetadataSchema, movie))
})
afterAll(() => services[Symbol.asyncDispose]())

/** Runs the program. Returns the summary's lines without the padding and the seconds. */
async function run(stdin: string | Uint8Array, args: string[] = [], options: RunOptions = {}) {
  const all = ['--metadata', services.url, '--rating', services.url, '--user', 'me', ...args, '-']
  const { exitCode, stdout, stderr } = await record(importRatings, all, { stdin, ...options })
  const facts = stdout.split('\n').map((line) => line.replaceAll(/\s+/g, ' '))
  return { exitCode, stderr, facts: facts.slice(0, -1) }
}

function saved() {
  return Object.fromEntries([...services.ratings.values()].map((r) => [r.recordId, r.value]))
}

function counts(read: number, imported = 0, unmatched = 0, ambiguous = 0, refused = 0): string[] {
  return Object.entries({ read, imported, unmatched, ambiguous, refused }).map(
    ([k, n]) => `${k} ${n}`,
  )
}

const imdbHeader =
  'Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year'
const imdbRow = (id: string, rating: string, title: string, year: string, type = 'Movie') =>
  `${id},${rating},2024-01-31,${title},${title},https://www.imdb.com/title/${id},${type},8.1,90,${year}`
const letterboxdHeader = 'Date,Name,Year,Letterboxd URI,Rating'
const letterboxdRow = (name: string, year: string, rating: string) =>
  `2024-01-31,${name},${year},https://boxd.it/2b0k,${rating}`
const letterboxd = (...rows: string[]) => [letterboxdHeader, ...rows].join('\n')

test('ratings of IMDb are halved, and matched by id, otherwise by title and year', async () => {
  const rows = [
    imdbHeader,
    imdbRow('tt0113277', '7', 'Heat', '1995'),
    imdbRow('tt0211915', '10', 'Amélie', '2001'),
    imdbRow('tt0000007', '1', '"The ""Good"", the Bad"', '2000'),
  ]
  const { exitCode, stderr, facts } = await run(`\uFEFF${rows.join('\r\n')}\r\n`)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(facts).toEqual(counts(3, 3))
  expect(saved()).toEqual({ tt0113277: 3.5, 'amelie-2001': 5, 'good-2000': 0.5 })
  expect([...services.ratings.values()].map(({ userId }) => userId)).toEqual(['me', 'me', 'me'])
})

test('a movie with another id at IMDb is not a match, whatever its title', async () => {
  const stdin = [imdbHeader, imdbRow('tt7777777', '7', 'Heat', '1995')].join('\n')
  expect((await run(stdin)).facts).toEqual([
    'unmatched line 2: "Heat" (1995): it is not in the catalogue',
    ...counts(1, 0, 1),
  ])
})

test('an episode is matched by its id only', async () => {
  const rows = [
    imdbRow('tt7777777', '7', 'Pilot', '2004', 'TV Episode'),
    imdbRow('tt0113277', '8', 'Heat', '1995', 'TV Series'),
  ]
  expect((await run([imdbHeader, ...rows].join('\n'))).facts).toEqual([
    'unmatched line 2: "Pilot" (2004): it is not a movie, and its id is not in the catalogue',
    ...counts(2, 1, 1),
  ])
})

test('columns may be in another order, with unknown ones between them', async () => {
  const rows = ['"Year","Mood","Your Rating","Title","Const"', '1986,"so, so",3,Heat,tt0091204']
  expect((await run(rows.join('\n'))).facts).toEqual(counts(1, 1))
  expect(saved()).toEqual({ 'heat-1986': 1.5 })
})

test('rows of IMDb without a rating, a valid value, an id or all fields are refused by line', async () => {
  const rows = [
    imdbRow('tt0113277', '', 'Heat', '1995'),
    imdbRow('tt0113277', '11', 'Heat', '1995'),
    imdbRow('tt0113277', '7.5', 'Heat', '1995'),
    imdbRow('nm0000199', '7', 'Heat', '1995'),
    imdbRow('tt0113277', '7', 'Heat', '95'),
    'tt0113277,7',
    imdbRow('tt0113277', '7', '"Heat', '1995'),
  ]
  expect((await run([imdbHeader, ...rows].join('\n'))).facts).toEqual([
    'refused line 2: it has no rating',
    'refused line 3: its rating is "11", not 1 to 10 in steps of 1',
    'refused line 4: its rating is "7.5", not 1 to 10 in steps of 1',
    'refused line 5: its Const is "nm0000199", not such as tt0111161',
    'refused line 6: its year is "95"',
    'refused line 7: it has 2 fields, not 10',
    'refused line 8: a quote is not closed, or is in the wrong place',
    ...counts(7, 0, 0, 0, 7),
  ])
})

test('half stars of Letterboxd are imported as they are', async () => {
  const rows = [
    letterboxdRow('Heat', '1995', '4.5'),
    letterboxdRow('Heat', '1986', '0.5'),
    letterboxdRow('"The ""Good"", the Bad"', '2000', '3'),
  ]
  expect((await run(letterboxd(...rows))).facts).toEqual(counts(3, 3))
  expect(saved()).toEqual({ tt0113277: 4.5, 'heat-1986': 0.5, 'good-2000': 3 })
})

test('a title is compared exactly: its case, its beginning and its year matter', async () => {
  const rows = [
    letterboxdRow('heat', '1995', '4'),
    letterboxdRow('Hea', '1995', '4'),
    letterboxdRow('Heat', '1996', '4'),
    letterboxdRow('Heat', '', '4'),
    letterboxdRow('Undated', '1995', '4'),
    letterboxdRow('!!!', '2000', '4'),
    // An é of two characters is the same letter.
    letterboxdRow('Ame\u0301lie', '2001', '4'),
  ]
  expect((await run(letterboxd(...rows))).facts).toEqual([
    'unmatched line 2: "heat" (1995): it is not in the catalogue',
    'unmatched line 3: "Hea" (1995): it is not in the catalogue',
    'unmatched line 4: "Heat" (1996): it is not in the catalogue',
    'unmatched line 5: "Heat": it has no title and year to search by',
    'unmatched line 6: "Undated" (1995): it is not in the catalogue',
    'unmatched line 7: "!!!" (2000): it is not in the catalogue',
    ...counts(7, 1, 6),
  ])
})

test('a title with two movies, and two ratings with one movie, are ambiguous and not imported', async () => {
  const rows = [
    letterboxdRow('Hamlet', '1996', '4'),
    letterboxdRow('Pilot', '2004', '4'),
    letterboxdRow('Heat', '1995', '4'),
    letterboxdRow('Pilot', '2004', '2'),
  ]
  expect((await run(letterboxd(...rows))).facts).toEqual([
    'ambiguous line 2: "Hamlet" (1996): the catalogue has hamlet-1996, hamlet-1996-2',
    'ambiguous line 3: "Pilot" (2004): its movie is pilot-2004, which is also that of line 5',
    'ambiguous line 5: "Pilot" (2004): its movie is pilot-2004, which is also that of line 3',
    ...counts(4, 1, 0, 3),
  ])
  expect(saved()).toEqual({ tt0113277: 4 })
})

test('a row that is not UTF-8 is refused with its line, and read with its encoding', async () => {
  const text = letterboxd(
    letterboxdRow('Amélie', '2001', '4.5'),
    letterboxdRow('Heat', '1995', '4'),
  )
  const bytes = Buffer.from(text, 'latin1')
  expect((await run(bytes)).facts).toEqual([
    'refused line 2: it is not UTF-8: name the encoding of the file, as in --encoding latin1',
    ...counts(2, 1, 0, 0, 1),
  ])
  expect((await run(bytes, ['--encoding', 'latin1'])).facts).toEqual(counts(2, 2))
  expect(saved()).toEqual({ 'amelie-2001': 4.5, tt0113277: 4 })
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le')
  expect((await run(utf16, ['--encoding', 'utf-16le'])).facts).toEqual(counts(2, 2))
})

test('ratings of Trakt are halved, and matched by the id at IMDb, otherwise by title and year', async () => {
  const movie = (title: string, year: number | null, imdb: string | null) => ({
    title,
    year,
    ids: { trakt: 1, slug: 'heat-1986', imdb, tmdb: 949 },
  })
  const elements = [
    {
      rated_at: '2024-01-31T00:00:00Z',
      rating: 9,
      type: 'movie',
      movie: movie('X', 1, 'tt0113277'),
    },
    { rating: 4, movie: movie('Amélie', 2001, null) },
    { rating: 4, movie: movie('Pilot', null, null) },
    { rating: 0, movie: movie('Pilot', 2004, null) },
    { rating: '7', movie: movie('Pilot', 2004, null) },
    { movie: movie('Pilot', 2004, null) },
    { rating: 7, type: 'show', show: movie('Pilot', 2004, null) },
    null,
  ]
  const { facts } = await run(`\uFEFF${JSON.stringify(elements)}`)
  expect(facts).toEqual([
    'unmatched element 3 (line 1): "Pilot": it has no title and year to search by',
    'refused element 4 (line 1): its rating is "0", not 1 to 10 in steps of 1',
    'refused element 5 (line 1): its rating is "\\"7\\"", not 1 to 10 in steps of 1',
    'refused element 6 (line 1): it has no rating',
    'refused element 7 (line 1): it has no movie with a title',
    'refused element 8 (line 1): it has no movie with a title',
    ...counts(8, 2, 1, 0, 5),
  ])
  expect(saved()).toEqual({ tt0113277: 4.5, 'amelie-2001': 2 })
})

test('--target-scale names the scale of the service, and a rating that is not on it is refused', async () => {
  const stdin = letterboxd(letterboxdRow('Heat', '1995', '4.5'), letterboxdRow('Heat', '1986', '4'))
  services.scale = createScale('1:10:1')
  expect((await run(stdin, ['--target-scale', '1:10:1'])).facts).toEqual(counts(2, 2))
  expect(saved()).toEqual({ tt0113277: 9, 'heat-1986': 8 })
  services.ratings.clear()
  services.scale = createScale('1:5:1')
  expect((await run(stdin, ['--target-scale', '1:5:1'])).facts).toEqual([
    'refused line 2: "Heat" (1995): 4.5 of 5 has no equal from 1 to 5 in steps of 1',
    ...counts(2, 1, 0, 0, 1),
  ])
  expect(saved()).toEqual({ 'heat-1986': 4 })
})

test('nothing is imported into a service with another scale, and the error says what to set', async () => {
  services.scale = createScale('1:10:1')
  const { exitCode, stderr } = await run(letterboxd(letterboxdRow('Heat', '1995', '4')))
  expect(exitCode).toBe(1)
  expect(stderr).toBe(
    'import-ratings: movies have the scale 1:10:1 in the rating service, not 0.5:5:0.5: ' +
      'set --target-scale 1:10:1\n',
  )
  expect(saved()).toEqual({})
})

test('an export is imported a second time without a change', async () => {
  const stdin = letterboxd(letterboxdRow('Heat', '1995', '4.5'))
  await run(stdin)
  expect((await run(stdin)).facts).toEqual(counts(1, 1))
  expect(saved()).toEqual({ tt0113277: 4.5 })
})

test('a large export is matched and imported in calls of a bounded size', async () => {
  for (let n = 0; n < 6_000; n++) {
    const id = `tt${String(1_000_000 + n)}`
    services.movies.set(id, create(MetadataSchema, { id, title: 'A', year: 2000 }))
  }
  const rows = Array.from({ length: 6_000 }, (_, n) =>
    imdbRow(`tt${String(1_000_000 + n)}`, '7', 'A', '2000'),
  )
  const { facts } = await run([imdbHeader, ...rows].join('\n'))
  expect(facts).toEqual(expect.arrayContaining(['read 6,000', 'imported 6,000']))
  expect(services.callSizes).toEqual([5_000, 1_000])
})

test('a search for words that very many movies have is given up, and its rating is unmatched', async () => {
  for (let n = 0; n < 10_001; n++) {
    const movie = { id: `a-${n}`, title: `A ${n}`, year: 2000 }
    services.movies.set(movie.id, create(MetadataSchema, movie))
  }
  expect((await run(letterboxd(letterboxdRow('A', '2000', '4')))).facts).toEqual([
    'unmatched line 2: "A" (2000): more than 10,000 movies have the words of its title',
    ...counts(1, 0, 1),
  ])
})

test('Ctrl-C stops the import and prints a summary', async () => {
  const stdin = letterboxd(letterboxdRow('Heat', '1995', '4.5'))
  const { exitCode, stderr } = await run(stdin, ['--kind', 'letterboxd-ratings'], {
    signal: AbortSignal.abort(),
  })
  expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' })
  expect(saved()).toEqual({})
})

test('the program ends as soon as its import is done', async () => {
  const urls = ['--metadata', services.url, '--rating', services.url]
  await using program = await spawnProgram({
    runtime: 'bun',
    entry: 'producers/import-ratings.ts',
    args: ['--user', 'me', ...urls, new URL('testing/letterboxd.csv', import.meta.url).pathname],
  })
  await program.waitForLine(/^imported +1$/m)
  const running = setTimeout(20_000, 'running', { ref: false })
  expect(await Promise.race([program.exited, running])).toEqual({ code: 0, signal: null })
}, 30_000)

test.each([
  ['no user', ['--kind', 'imdb'], /--user is missing/],
  ['a user with a space', ['--user', 'a b'], /--user must have 1 to 128 characters/],
  ['an unknown kind', ['--user', 'me', '--kind', 'x'], /--kind must be one of imdb, .*; got "x"/],
  ['standard input that is read twice', ['--kind', 'jsonl'], /jsonl is read twice: name the file/],
  [
    'links of another format',
    ['--user', 'me', '--kind', 'imdb', '--links', 'x'],
    /need --kind mov/,
  ],
  [
    'record ids of others',
    ['--user', 'me', '--kind', 'imdb', '--record-ids'],
    /needs --kind jsonl/,
  ],
  ['no scale', ['--user', 'me', '--target-scale', '1:5'], /--target-scale is "1:5": a scale is/],
  ['a scale below 0', ['--user', 'me', '--target-scale=-5:0:1'], /maximum must be more than 0/],
  ['an unknown format', ['--user', 'me'], /cannot detect the format of standard input/],
])('import-ratings prints one line and exits with 2 for %s', async (_, args, reason) => {
  const { exitCode, stdout, stderr } = await record(importRatings, [...args, '-'])
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(reason)
  expect(stderr).toMatch(/^import-ratings: .*\(see import-ratings --help\)\n$/)
})

test.each([
  ['another file', 'imdb-ratings-csv', 'a,b', /should have the columns Const, Your Rating, but it/],
  ['an empty file', 'letterboxd-ratings', '', /but it is empty/],
  ['a truncated array', 'trakt-ratings', '[{}', /is not a JSON array at line 1/],
])('import-ratings prints one line and exits with 1 for %s', async (_, kind, stdin, reason) => {
  const { exitCode, stderr } = await run(stdin, ['--kind', kind])
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(reason)
})

test.each([
  ['metadata', '--metadata'],
  ['rating', '--rating'],
])('import-ratings names the address of an unreachable %s service', async (_, flag) => {
  const stdin = letterboxd(letterboxdRow('Heat', '1995', '4.5'))
  const { exitCode, stderr } = await run(stdin, [flag, 'http://127.0.0.1:1'])
  expect(exitCode).toBe(1)
  expect(stderr).toStartWith('import-ratings: http://127.0.0.1:1: ')
})
