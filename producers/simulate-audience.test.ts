import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultScale } from '../services/rating/scale.ts'
import { createRandom, type SeenMovie, simulateAudience } from './audience.ts'
import { readVegaMovies } from './catalogue/vega.ts'
import { importCatalogue } from './import-catalogue.ts'
import { type PaceOptions, pace } from './pace.ts'
import { simulateAudienceProgram } from './simulate-audience.ts'
import { readRatingEvents } from './testing/recording-log.ts'
import { type RecordingServices, startRecordingServices } from './testing/recording-services.ts'
import { record } from './testing/recording-terminal.ts'

let folder: string
let services: RecordingServices

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulate-audience-'))
  services = await startRecordingServices()
})
beforeEach(() => services.clear())
afterAll(async () => {
  await services[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function take(count: number, movies: readonly SeenMovie[], seed = 1, people = 20) {
  const ratings = simulateAudience({ movies, people, random: createRandom(seed) })
  return ratings.take(count).toArray()
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

test('the same seed gives the same ratings, and another seed gives others', async () => {
  const movies = await Array.fromAsync(readVegaMovies())
  expect(take(100, movies, 7)).toEqual(take(100, movies, 7))
  expect(take(100, movies, 7)).not.toEqual(take(100, movies, 8))
})

test('simulated ratings are half stars by people of the audience, for movies of the catalogue', async () => {
  const movies = await Array.fromAsync(readVegaMovies())
  const ids = new Set(movies.map(({ id }) => id))
  const ratings = take(5_000, movies)
  for (const { userId, recordId } of ratings) {
    expect(userId).toMatch(/^simulated-00(0[1-9]|1\d|20)$/)
    expect(ids).toContain(recordId)
  }
  const values = new Set(ratings.map(({ value }) => value))
  expect([...values].sort((a, b) => a - b)).toEqual([...defaultScale.values])
})

test('a simulated audience rates better movies higher and popular movies more often', () => {
  const movies = [
    { id: 'loved', imdbRating: 9, imdbVotes: 9_000 },
    { id: 'hated', imdbRating: 2, imdbVotes: 1_000 },
    { id: 'unknown' },
  ]
  const ratings = take(20_000, movies, 1, 500)
  const valuesOf = (id: string) =>
    ratings.filter(({ recordId }) => recordId === id).map(({ value }) => value)
  expect(valuesOf('loved').length / valuesOf('hated').length).toBeWithin(8, 10)
  expect(mean(valuesOf('loved'))).toBeWithin(4, 5)
  expect(mean(valuesOf('hated'))).toBeWithin(1, 2)
})

/**
 * Runs the pace with a clock that only waiting advances, and a receiver that takes `workMs` for
 * each burst.
 */
async function bursts(options: Partial<PaceOptions>, workMs = 0): Promise<number[]> {
  let nowMs = 0
  const given: number[] = []
  const steps = pace({
    ratePerSecond: 100,
    durationMs: Number.POSITIVE_INFINITY,
    countMax: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    now: () => nowMs,
    async wait(ms) {
      nowMs += ms
    },
    ...options,
  })
  for await (const count of steps) {
    given.push(count)
    nowMs += workMs
  }
  return given
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

test('the pace sends the rate times the seconds, in small bursts', async () => {
  const given = await bursts({ durationMs: 10_000 })
  expect(sum(given)).toBe(1_000)
  expect(Math.max(...given)).toBe(5)
})

test('the pace ends at the maximum count', async () => {
  expect(sum(await bursts({ countMax: 123 }))).toBe(123)
})

test('the pace does not overload a slow receiver, and ends on time', async () => {
  const given = await bursts({ ratePerSecond: 100_000, durationMs: 10_000 }, 1_000)
  expect(Math.max(...given)).toBe(2_000)
  expect(given.length).toBeWithin(9, 12)
})

test('simulated ratings through the event log are marked as simulated', async () => {
  await record(importCatalogue, ['--metadata', services.url])
  const path = join(folder, 'events.db')
  const args = ['--metadata', services.url, '--event-log', path, '--seed', '7', '--people', '3']
  const pacing = ['--ratings', '40', '--rate', '1000']
  const run = await record(simulateAudienceProgram, [...args, ...pacing])
  expect(run).toMatchObject({ exitCode: 0, stderr: '' })
  expect(run.stdout).toMatch(/^3 simulated people rate 3201 movies, seed 7\nsimulated 40\n/)
  const records = await readRatingEvents(path, 40)
  for (const { key, value } of records) {
    expect(JSON.parse(new TextDecoder().decode(value ?? undefined))).toEqual({
      userId: expect.stringMatching(/^simulated-000[123]$/),
      recordId: `${key && Buffer.from(key)}`,
      recordType: 'movie',
      value: expect.any(Number),
      providerId: 'simulated-audience',
      eventType: 'put',
    })
  }
})

test('simulated ratings can be sent by RPC', async () => {
  await record(importCatalogue, ['--metadata', services.url])
  const urls = ['--metadata', services.url, '--rating', services.url]
  const bounds = ['--ratings', '100', '--rate', '1000', '--seed', '7']
  expect((await record(simulateAudienceProgram, [...urls, ...bounds])).exitCode).toBe(0)
  const expected = take(100, [...services.movies.values()], 7, 500)
  expect(new Set([...services.ratings.values()].map(({ userId }) => userId))).toEqual(
    new Set(expected.map(({ userId }) => userId)),
  )
})

test.each([
  ['an unknown flag', ['--nonsense'], 2, /Unknown option '--nonsense'/],
  ['an argument', ['x'], 2, /'x'/],
  ['nobody', ['--people', '0'], 2, /--people must be a whole number from 1 to 100000; got "0"/],
  ['no number', ['--rate', 'x'], 2, /--rate must be a whole number/],
  ['two ways at once', ['--rating', 'http://a', '--event-log', 'x'], 2, /cannot be combined/],
  ['an empty catalogue', [], 1, /has no movies: run import-catalogue first/],
  ['no service', ['--metadata', 'http://127.0.0.1:1'], 1, /http:\/\/127.0.0.1:1: /],
])('simulate-audience prints one line for %s', async (_, args, expected, reason) => {
  const all = ['--metadata', services.url, ...args]
  const { exitCode, stdout, stderr } = await record(simulateAudienceProgram, all)
  expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: '' })
  expect(stderr).toMatch(reason)
  expect(stderr).toMatch(/^simulate-audience: .*\n$/)
})
