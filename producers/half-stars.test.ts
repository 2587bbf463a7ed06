import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnProgram } from '@marquee/testing/process'
import { RatingService } from '../gen/rating/v1/rating_pb.ts'
import { createScale } from '../services/rating/scale.ts'
import { movieLensRatingsHeader } from './catalogue/movielens.ts'
import { withClient } from './client.ts'
import { checkScale } from './exports/check-scale.ts'
import { importCatalogue } from './import-catalogue.ts'
import { record } from './testing/recording-terminal.ts'
import { noToken } from './token.ts'

const startTimeoutMs = 20_000

/** Starts a rating service with the flags, and calls `body` with its URL. */
async function withRatingService(
  args: readonly string[],
  body: (url: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'half-stars-'))
  try {
    const files = ['--database-url', 'memory:', '--event-log', 'events.db']
    await using service = await spawnProgram({
      runtime: 'bun',
      entry: new URL('../services/rating/main.ts', import.meta.url).pathname,
      args: ['--port', '0', '--log-level', 'info', '--log-format', 'json', ...files, ...args],
      cwd: folder,
    })
    const listening = /"url":"(http:[^"]+)","msg":"rating is listening"/
    const [, url = ''] = await service.waitForLine(listening, startTimeoutMs)
    await body(url)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function importRatings(url: string, values: readonly string[]) {
  const lines = values.map((value, index) => `${index},296,${value},1147880044`)
  const stdin = [movieLensRatingsHeader, ...lines].join('\n')
  return record(importCatalogue, ['--rating', url, '-'], { stdin })
}

test(
  'half stars of MovieLens have their exact mean and histogram in the rating service',
  () =>
    withRatingService([], async (url) => {
      const run = await importRatings(url, ['0.5', '1.5', '2.5', '3.0', '4.5', '4.5', '5.0'])
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
      await withClient(RatingService, url, noToken, async (client) => {
        const record = { recordType: 'movie', recordId: '296' }
        const { aggregatedRating } = await client.getAggregatedRating(record)
        expect(aggregatedRating?.count).toBe(7n)
        expect(aggregatedRating?.mean).toBe(21.5 / 7)
        expect(aggregatedRating?.histogram.map(Number)).toEqual([1, 0, 1, 0, 1, 1, 0, 0, 2, 1])
      })
    }),
  startTimeoutMs + 10_000,
)

test(
  'half stars that are not on the configured scale are refused by the service and counted',
  () =>
    withRatingService(['--scale', 'movie=1:10:1'], async (url) => {
      const { exitCode, stdout } = await importRatings(url, ['4.5', '4.0', '0.5'])
      expect(exitCode).toBe(0)
      expect(stdout).toContain('refused line 2: value: must be 1 to 10 in steps of 1\n')
      expect(stdout).toMatch(/created +1\nreplaced +0\nrefused +2\n/)
    }),
  startTimeoutMs + 10_000,
)

test(
  'an export is not imported into a service whose scale for movies is another one',
  () =>
    withRatingService(['--scale', 'movie=1:10:1'], async (url) => {
      await withClient(RatingService, url, noToken, async (client) => {
        const check = (scale: string) => checkScale(client, 'unrated', createScale(scale))
        await check('1:10:1')
        const problem = await check('0.5:5:0.5').catch((error: Error) => error.message)
        expect(problem).toEndWith('set --target-scale 1:10:1')
      })
    }),
  startTimeoutMs + 10_000,
)
