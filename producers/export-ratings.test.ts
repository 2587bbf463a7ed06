import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { spawnProgram } from '@marquee/testing/process'
import { MetadataSchema } from '../gen/metadata/v1/metadata_pb.ts'
import { RatingSchema } from '../gen/rating/v1/rating_pb.ts'
import { timestampOf } from './catalogue/outcome.ts'
import { exportRatingsProgram } from './export-ratings.ts'
import { importRatings } from './import-ratings.ts'
import { type RecordingServices, startRecordingServices } from './testing/recording-services.ts'
import { type RunOptions, record } from './testing/recording-terminal.ts'

let services: RecordingServices
let folder: string

beforeAll(async () => {
  services = await startRecordingServices()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-ratings-'))
  services.clear()
  const ids = (n: number) => ({ imdb: `tt000000${n}`, tmdb: `${n}`, movielens: `${n}` })
  const catalogue = [
    { id: 'heat', title: 'Heat', year: 1995, externalIds: ids(1) },
    { id: 'quoted', title: 'The "Good",\nthe Bad', year: 2000, externalIds: ids(2) },
    { id: 'amelie', title: 'Amélie', year: 2001, externalIds: ids(3) },
  ]
  for (const movie of catalogue) services.movies.set(movie.id, create(MetadataSchema, movie))
  rate('ann', 'heat', 4.5, '2024-01-31T00:00:00Z')
  rate('ann', 'quoted', 0.5, '1969-07-20T00:00:00Z')
  rate('ann', 'amelie', 5)
  rate('bob', 'heat', 1)
})
afterEach(() => rm(folder, { recursive: true }))
afterAll(() => services[Symbol.asyncDispose]())

function rate(
  userId: string,
  recordId: string,
  value: number,
  ratedTime?: string,
  recordType = 'movie',
) {
  const times = ratedTime === undefined ? {} : { ratedTime: timestampOf(Date.parse(ratedTime)) }
  const rating = create(RatingSchema, { userId, recordId, recordType, value, ...times })
  services.ratings.set(`${userId} ${recordId}`, rating)
}

const urls = () => ['--metadata', services.url, '--rating', services.url]

function run(args: string[], options: RunOptions = {}) {
  return record(exportRatingsProgram, [...urls(), ...args], options)
}

function saved() {
  return Object.fromEntries(
    [...services.ratings].map(([key, { value, ratedTime }]) => {
      return [key, [value, ratedTime && timestampDate(ratedTime).toISOString()]]
    }),
  )
}

test.each(['imdb', 'letterboxd', 'tmdb', 'trakt', 'movielens', 'jsonl'])(
  'the ratings of a user in %s are the same after an import',
  async (format) => {
    const path = join(folder, 'export')
    const exported = await run(['--format', format, '--user', 'ann', '--output', path])
    expect(exported).toMatchObject({ exitCode: 0, stderr: '' })
    expect(exported.stdout).toMatch(/^read +3\nexported +3\nrefused +0\n/)
    services.ratings.clear()
    const file = format === 'movielens' ? join(path, 'ratings.csv') : path
    const imported = await record(importRatings, [...urls(), '--user', 'ann', file])
    expect(imported.stdout).toMatch(/^read +3\nimported +3\n/)
    expect(saved()).toEqual({
      'ann heat': [4.5, '2024-01-31T00:00:00.000Z'],
      'ann quoted': [0.5, '1969-07-20T00:00:00.000Z'],
      'ann amelie': [5, undefined],
    })
    expect(existsSync(`${file}.part`)).toBe(false)
  },
)

test.each(['movielens', 'jsonl'])(
  'the ratings of all users in %s are the same after an import',
  async (format) => {
    if (format === 'jsonl') rate('bob', 'moby-dick', 2.5, '2024-01-31T12:30:15Z', 'book')
    const before = saved()
    const path = join(folder, 'export')
    expect((await run(['--format', format, '--output', path])).exitCode).toBe(0)
    services.ratings.clear()
    const file = format === 'movielens' ? join(path, 'ratings.csv') : path
    expect((await record(importRatings, [...urls(), file])).exitCode).toBe(0)
    expect(saved()).toEqual(before)
  },
)

test('without a file, the ratings are on standard output and the summary is not', async () => {
  const { exitCode, stdout, stderr } = await run(['--format', 'imdb', '--user', 'bob'])
  expect(exitCode).toBe(0)
  expect(stdout).toBe(
    'Const,Your Rating,Date Rated,Title,URL,Title Type,Year\n' +
      'tt0000001,2,,Heat,https://www.imdb.com/title/tt0000001/,Movie,1995\n',
  )
  expect(stderr).toMatch(/^read +1\nexported +1\nrefused +0\nseconds/)
})

test('a failed export leaves no file, and does not replace an earlier one', async () => {
  const path = join(folder, 'export')
  await run(['--format', 'jsonl', '--output', path])
  const before = await readFile(path, 'utf8')
  services.failure = new ConnectError('nobody may', Code.PermissionDenied)
  for (const file of [path, join(folder, 'new')]) {
    const { exitCode, stderr } = await run(['--format', 'jsonl', '--output', file])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('nobody may')
    expect(existsSync(`${file}.part`)).toBe(false)
  }
  expect(await readFile(path, 'utf8')).toBe(before)
  expect(existsSync(join(folder, 'new'))).toBe(false)
})

test('Ctrl-C stops the export and leaves no file', async () => {
  const path = join(folder, 'export')
  const args = ['--format', 'jsonl', '--output', path]
  expect((await run(args, { signal: AbortSignal.abort() })).exitCode).toBe(130)
  expect(existsSync(path)).toBe(false)
})

test('the program ends as soon as its export is done', async () => {
  await using program = await spawnProgram({
    runtime: 'bun',
    entry: 'producers/export-ratings.ts',
    args: [...urls(), '--format', 'jsonl'],
  })
  await program.waitForLine(/"recordId":"heat"/)
  expect(await program.exited).toEqual({ code: 0, signal: null })
}, 30_000)

test.each([
  ['no format', [], /--format must be one of imdb, .*, jsonl; got ""/],
  ['a format that is only read', ['--format', 'tmdb-pages'], /--format must be one of/],
  [
    'no user',
    ['--format', 'imdb'],
    /--user is missing: a file of imdb has the ratings of one user/,
  ],
  ['no folder', ['--format', 'movielens'], /--output is missing: movielens needs a folder/],
  [
    'a folder that is a file',
    ['--format', 'jsonl', '--output', '/dev/null/x'],
    /cannot write \/dev/,
  ],
])('export-ratings prints one line and exits with 2 for %s', async (_, args, reason) => {
  const { exitCode, stdout, stderr } = await run(args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(reason)
  expect(stderr).toMatch(/^export-ratings: .*\(see export-ratings --help\)\n$/)
})

test.each([
  ['metadata', '--metadata'],
  ['rating', '--rating'],
])('export-ratings names the address of an unreachable %s service', async (_, flag) => {
  const { exitCode, stderr } = await run(['--format', 'jsonl', flag, 'http://127.0.0.1:1'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('export-ratings: http://127.0.0.1:1: ')
})
