import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnProgram } from '@marquee/testing/process'
import { testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { root } from '@marquee/testing/tools'
import { type AggregatedRating, RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { withClient } from '../../producers/client.ts'
import { type MovieLensRow, moviesCsv, ratingsCsv, readMovieLens } from './movielens.ts'

const found = await readMovieLens()
/** Each test takes a few seconds on an idle machine. */
const timeoutMs = 60_000

/** Exact aggregate of a movie, in half stars. */
interface Expected {
  readonly recordId: string
  count: number
  /** Sum of the values, and of their squares. */
  sum: number
  squares: number
  readonly histogram: number[]
}

/** Computes the aggregates with whole numbers of half stars, and nothing of the service. */
function aggregatesOf(rows: readonly MovieLensRow[]): Expected[] {
  const byMovie = new Map<number, Expected>()
  for (const { movieId, rating } of rows) {
    const histogram = Array.from({ length: 10 }, () => 0)
    const known = { recordId: `${movieId}`, count: 0, sum: 0, squares: 0, histogram }
    const movie = byMovie.get(movieId) ?? known
    byMovie.set(movieId, movie)
    const halves = rating * 2
    movie.count++
    movie.sum += halves
    movie.squares += halves * halves
    movie.histogram[halves - 1] = (movie.histogram[halves - 1] ?? 0) + 1
  }
  return [...byMovie.values()]
}

/** The prior of the service: 10 ratings with the middle of the scale, 2.75, as half stars. */
const prior = { count: 10, sum: 55 }

/** Compares the scores of movies as fractions, then their ids: the order of the top list. */
function compareScores(a: Expected, b: Expected): number {
  const left = BigInt(prior.sum + a.sum) * BigInt(prior.count + b.count)
  const right = BigInt(prior.sum + b.sum) * BigInt(prior.count + a.count)
  if (left !== right) return left > right ? -1 : 1
  return a.recordId < b.recordId ? -1 : 1
}

function expectEqual(actual: AggregatedRating | undefined, expected: Expected): void {
  const { count, sum, squares, histogram } = expected
  expect(actual).toMatchObject({
    count: BigInt(count),
    // Each is the double nearest to the exact fraction.
    mean: sum / (2 * count),
    bayesianScore: (prior.sum + sum) / (2 * (prior.count + count)),
    histogram: histogram.map(BigInt),
  })
  expect(actual?.variance).toBeCloseTo((count * squares - sum ** 2) / (4 * count ** 2), 12)
}

async function startService(
  folder: string,
  name: 'metadata' | 'rating',
): Promise<[string, AsyncDisposable]> {
  const store = ['--database-url', `sqlite:${name}.db`]
  const service = await spawnProgram({
    runtime: 'bun',
    entry: join(root, `services/${name}/main.ts`),
    args: ['--port', '0', '--log-level', 'info', '--log-format', 'json', ...store],
    cwd: folder,
  })
  const listening = new RegExp(`"url":"(http:[^"]+)","msg":"${name} is listening"`)
  const [, url = ''] = await service.waitForLine(listening, timeoutMs)
  return [url, service]
}

async function runProducer(name: string, args: readonly string[]): Promise<string> {
  await using program = await spawnProgram({
    runtime: 'bun',
    entry: join(root, `producers/${name}.ts`),
    args,
  })
  const [text] = await program.waitForLine(/(?:^[a-z]+ +[\d,]+\n)+^seconds/m, timeoutMs)
  expect(await program.exited).toEqual({ code: 0, signal: null })
  return text.replaceAll(/ +/g, ' ')
}

testWith(found, 'the dataset is that of 2016', (rows) => {
  expect(rows).toHaveLength(100_004)
  expect(rows[0]).toEqual({
    ...{ userId: 1, movieId: 31, rating: 2.5, timestamp: 1_260_759_144 },
    ...{ title: 'Dangerous Minds', year: 1995 },
  })
  const halves = rows.reduce((sum, { rating }) => sum + rating * 2, 0)
  expect((halves / 2 / rows.length).toFixed(4)).toBe('3.5436')
})

testWith(
  found,
  'the 100,004 ratings of MovieLens have exactly the aggregates and the order of a computation by fractions',
  async (rows) => {
    await using folder = await temporaryFolder()
    const [url, service] = await startService(folder.path, 'rating')
    await using _service = service
    const path = join(folder.path, 'ratings.csv')
    await writeFile(path, ratingsCsv(rows))
    const summary = await runProducer('import-catalogue', ['--rating', url, path])
    expect(summary).toStartWith('read 100,004\ncreated 100,004\nreplaced 0\nrefused 0\n')
    const expected = aggregatesOf(rows).sort(compareScores)
    await withClient(
      RatingService,
      url,
      async () => undefined,
      async (client) => {
        for (let start = 0; start < expected.length; start += 500) {
          const part = expected.slice(start, start + 500)
          const records = part.map(({ recordId }) => ({ recordType: 'movie', recordId }))
          const { aggregatedRatings } = await client.batchGetAggregatedRatings({ records })
          for (const [index, movie] of part.entries()) expectEqual(aggregatedRatings[index], movie)
        }
        const order: string[] = []
        let pageToken = ''
        do {
          const page = await client.listTopRated({ recordType: 'movie', pageSize: 500, pageToken })
          order.push(...page.aggregatedRatings.map(({ recordId }) => recordId))
          pageToken = page.nextPageToken
        } while (pageToken !== '')
        expect(order.slice(0, 50)).toEqual(expected.slice(0, 50).map(({ recordId }) => recordId))
        expect(order).toEqual(expected.map(({ recordId }) => recordId))
      },
    )
  },
  timeoutMs,
)

testWith(
  found,
  'ratings of MovieLens find their movies in a catalogue by MovieLens’ ids',
  async (all) => {
    const rows = all.slice(0, 10_000)
    await using folder = await temporaryFolder()
    const [ratingUrl, rating] = await startService(folder.path, 'rating')
    await using _rating = rating
    const [metadataUrl, metadata] = await startService(folder.path, 'metadata')
    await using _metadata = metadata
    const path = (name: string) => join(folder.path, name)
    await writeFile(path('movies.csv'), moviesCsv(rows))
    await writeFile(path('ratings.csv'), ratingsCsv(rows))
    const urls = ['--metadata', metadataUrl, '--rating', ratingUrl]
    await runProducer('import-catalogue', [...urls, path('movies.csv')])
    const summary = await runProducer('import-ratings', [...urls, path('ratings.csv')])
    expect(summary).toStartWith(
      'read 10,000\nimported 10,000\nunmatched 0\nambiguous 0\nrefused 0\n',
    )
  },
  timeoutMs,
)

test('a computation by fractions orders equal scores by id', () => {
  const movie = { count: 1, sum: 4, squares: 16, histogram: [] }
  const movies = ['9', '10', '1'].map((recordId) => ({ ...movie, recordId }))
  expect(movies.sort(compareScores).map(({ recordId }) => recordId)).toEqual(['1', '10', '9'])
})
