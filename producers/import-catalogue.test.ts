import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { imdbBasicsHeader } from './catalogue/imdb.ts'
import {
  movieLensLinksHeader,
  movieLensMoviesHeader,
  movieLensRatingsHeader,
} from './catalogue/movielens.ts'
import { importCatalogue } from './import-catalogue.ts'
import { type RecordingServices, startRecordingServices } from './testing/recording-services.ts'
import { type RunOptions, record } from './testing/recording-terminal.ts'

let folder: string
let services: RecordingServices

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-catalogue-'))
  services = await startRecordingServices()
})
beforeEach(() => services.clear())
afterAll(async () => {
  await services[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function run(args: string[], options?: RunOptions) {
  const urls = ['--metadata', services.url, '--rating', services.url]
  return record(importCatalogue, [...urls, ...args], options)
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

function lines(...content: string[]): string {
  return `${content.join('\n')}\n`
}

/** Returns "created 3,201" lines of a summary without the padding. */
function facts(stdout: string): string[] {
  return stdout.split('\n').map((line) => line.replaceAll(/\s+/g, ' '))
}

test('an import without a file imports the demo catalogue, and repeating it changes nothing', async () => {
  const first = await run([])
  expect(first).toMatchObject({ exitCode: 0, stderr: '' })
  expect(facts(first.stdout)).toEqual(
    expect.arrayContaining(['read 3,201', 'created 3,201', 'replaced 0', 'refused 0']),
  )
  expect(services.movies.get('leon-1994')).toMatchObject({ title: 'Léon', year: 1994 })
  const second = await run([])
  expect(facts(second.stdout)).toEqual(expect.arrayContaining(['created 0', 'replaced 3,201']))
})

test('broken lines are refused by number, here or by the service, and the rest is imported', async () => {
  const content = lines(
    movieLensMoviesHeader,
    '1,Toy Story (1995),Animation',
    '2,"Jumanji (1995),Adventure',
    '',
    '3,,Comedy',
    '4,Waiting to Exhale (1995),Comedy',
  )
  const { exitCode, stdout } = await run([await file('movies.csv', content)])
  expect(exitCode).toBe(0)
  expect(facts(stdout)).toEqual([
    'refused line 3: a quote is not closed, or is in the wrong place',
    'refused line 5: title is empty',
    'read 4',
    'created 2',
    'replaced 0',
    'refused 2',
    expect.stringMatching(/^seconds /),
  ])
  expect([...services.movies.keys()]).toEqual(['1', '4'])
})

test('movies of MovieLens get the ids of links.csv, and broken links are reported', async () => {
  const movies = lines(movieLensMoviesHeader, '1,Toy Story (1995),Drama', '2,Jumanji (1995),Drama')
  const links = await file('links.csv', lines(movieLensLinksHeader, '1,0114709,862', '2,x,8844'))
  const { exitCode, stdout } = await run(['--links', links, await file('two.csv', movies)])
  expect(exitCode).toBe(0)
  expect(facts(stdout)[0]).toBe(`refused line 3 of ${links}: its imdbId is "x"`)
  const idsOf = (id: string) => services.movies.get(id)?.externalIds
  expect(idsOf('1')).toMatchObject({ movielens: '1', imdb: 'tt0114709', tmdb: '862' })
  expect(idsOf('2')).toMatchObject({ movielens: '2', imdb: '', tmdb: '' })
})

test('links without movies of MovieLens are a usage error', async () => {
  const { exitCode, stderr } = await run(['--links', 'links.csv'])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--links needs movies.csv of MovieLens')
})

test('the summary shows the first 20 refusals and counts all', async () => {
  const broken = Array.from({ length: 30 }, (_, index) => `${index},movie,9,0`)
  const users = Array.from({ length: 30 }, (_, index) => `,${index},5,0`)
  const { stdout } = await run(['-'], { stdin: lines(movieLensRatingsHeader, ...broken, ...users) })
  expect(stdout.match(/^refused line/gm)).toHaveLength(20)
  expect(facts(stdout)).toEqual(expect.arrayContaining(['… and 40 more', 'read 60', 'refused 60']))
})

test('half stars are imported as they are, and a value between them is refused by its line', async () => {
  const content = lines(movieLensRatingsHeader, '1,2,0.5,0', '1,3,4.0,0', '1,4,4.2,0', '2,2,3.5,0')
  const { stdout } = await run([await file('ratings.csv', content)])
  expect(facts(stdout).slice(0, -1)).toEqual([
    'refused line 4: its rating is "4.2", not 0.5 to 5 in steps of 0.5',
    'read 4',
    'created 3',
    'replaced 0',
    'refused 1',
  ])
  expect([...services.ratings.values()].map(({ value }) => value)).toEqual([0.5, 4, 3.5])
})

test('a large gzip file is imported by calls of a bounded size', async () => {
  const ratings = Array.from({ length: 60_000 }, (_, index) => `${index},1,3,0`)
  const packed = gzipSync(lines(movieLensRatingsHeader, ...ratings))
  const { stdout } = await run([await file('ratings.csv.gz', packed)])
  expect(facts(stdout)).toContain('created 60,000')
  expect(services.ratings.size).toBe(60_000)
  expect(Math.max(...services.callSizes)).toBe(5_000)
})

test('an IMDb file imports its movies and skips the rest', async () => {
  const title = (id: string, type: string) => `${id}\t${type}\tA\tA\t0\t1994\t\\N\t90\tDrama`
  const stdin = lines(imdbBasicsHeader, title('tt1', 'movie'), title('tt2', 'short'))
  const { stdout } = await run(['-'], { stdin })
  expect(facts(stdout)).toEqual(expect.arrayContaining(['read 2', 'created 1', 'skipped 1']))
  expect(facts((await run(['--all-types', '-'], { stdin })).stdout)).toContain('created 1')
})

test.each([
  ['an array', 'vega', '[]'],
  ['a file', 'movielens-movies', `${movieLensMoviesHeader}\n`],
])('%s without items prints a summary of zeros', async (_, kind, content) => {
  const path = await file('nothing', content)
  const { exitCode, stdout, stderr } = await run(['--kind', kind, path])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(facts(stdout)).toEqual(expect.arrayContaining(['read 0', 'created 0', 'refused 0']))
})

test('a truncated array is reported with its line, exits with 1, and imports what came before', async () => {
  const stdin = '[{"Title":"A","Release Date":"Jun 12 1998"}, {"Title":'
  const { exitCode, stdout, stderr } = await run(['-'], { stdin })
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(
    /^import-catalogue: standard input is not a JSON array at line 1, byte 46, after element 1: .*\n$/,
  )
  expect(facts(stdout)).toContain('created 1')
})

test.each([
  ['an unknown flag', ['--nonsense'], /Unknown option '--nonsense'/],
  ['an unknown kind', ['--kind', 'x', '-'], /--kind must be one of vega, .*; got "x"/],
  ['a kind that needs a file', ['--kind', 'imdb-basics'], /imdb-basics needs a file/],
  ['an unknown encoding', ['--encoding', 'klingon', '-'], /--encoding must be .*; got "klingon"/],
  ['two files', ['a', 'b'], /expected one file/],
  ['an absent file', ['/no/such/file.csv'], /there is no file \/no\/such\/file.csv/],
  ['a folder', [tmpdir()], /is a folder/],
  ['an empty input', ['-'], /cannot detect the format of standard input/],
  ['an address that is none', ['--metadata', 'localhost:8081'], /got "localhost:8081"/],
])('import-catalogue prints one line and exits with 2 for %s', async (_, args, reason) => {
  const { exitCode, stdout, stderr } = await run(args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(reason)
  expect(stderr).toMatch(/^import-catalogue: .*\(see import-catalogue --help\)\n$/)
})

test.each([
  ['a file of another kind', lines(movieLensRatingsHeader, '1,2,3,4'), /but it is "userId,movieId/],
  ['an empty file', '', /but it is empty/],
  ['a file of one endless line', 'x'.repeat(2 ** 20), /but it is "…"/],
  ['broken gzip', gzipSync('x'.repeat(1000)).subarray(0, 20), /is broken gzip/],
])('import-catalogue prints one line and exits with 1 for %s', async (_, content, reason) => {
  const path = await file('content', content)
  const { exitCode, stdout, stderr } = await run(['--kind', 'movielens-movies', path])
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr).toMatch(reason)
  expect(stderr).toMatch(/^import-catalogue: .*\n$/)
})

test('an unreachable service is named in the error', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const url = `http://127.0.0.1:${(taken.address() as AddressInfo).port}`
  await new Promise((resolve) => taken.close(resolve))
  const { exitCode, stderr } = await run(['--metadata', url])
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(new RegExp(`^import-catalogue: ${url}: .*unavailable.*\n$`))
})

test('Ctrl-C stops the import and prints a summary of what was imported', async () => {
  const interrupt = new AbortController()
  services.onCall = () => interrupt.abort()
  const ratings = Array.from({ length: 60_000 }, (_, index) => `${index},1,3,0`)
  const path = await file('many.csv', lines(movieLensRatingsHeader, ...ratings))
  const { exitCode, stdout, stderr } = await run([path], { signal: interrupt.signal })
  expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' })
  expect(services.callSizes).toEqual([5_000])
  expect(facts(stdout)).toContain('created 5,000')
})

test('a movie that is not UTF-8 is refused with its line, and read with its encoding', async () => {
  const movies = lines(
    movieLensMoviesHeader,
    '1,Am\xe9lior (2001),Com\xe9die',
    '2,Alien (1979),Horror',
  )
  const path = await file('latin1.csv', Buffer.from(movies, 'latin1'))
  const refused = await run([path])
  expect(facts(refused.stdout)).toEqual(
    expect.arrayContaining([
      'refused line 2: it is not UTF-8: name the encoding of the file, as in --encoding latin1',
      'created 1',
    ]),
  )
  const read = await run(['--encoding', 'latin1', path])
  expect(facts(read.stdout)).toEqual(expect.arrayContaining(['read 2', 'refused 0']))
  expect(services.movies.get('1')).toMatchObject({ title: 'Amélior', genres: ['Comédie'] })
})

test('a header whose names are all quoted is recognised', async () => {
  const stdin = lines('"movieId","title","genres"', '"910001","Quoted All (1999)","Drama"')
  const { exitCode, stdout } = await run(['-'], { stdin })
  expect(exitCode).toBe(0)
  expect(facts(stdout)).toContain('created 1')
  expect(services.movies.get('910001')).toMatchObject({ title: 'Quoted All', year: 1999 })
})
