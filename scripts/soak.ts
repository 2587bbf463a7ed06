/** Runs `bun start` under a steady load, and reports whether its memory stays flat: `bun run soak`. */
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { MovieService } from '../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../gen/rating/v1/rating_pb.ts'
import { pace } from '../producers/pace.ts'
import { startWatchers } from '../test/rolling/watchers.ts'
import { runCommand } from './command.ts'

const help = `bun run soak [--minutes N] [--rate N]

Starts \`bun start\` on free ports and an empty folder, calls it, and prints its memory and
descriptors. Three of four calls read, one rates; 50 clients watch a movie that is rated.

  --minutes N   duration; default: 30
  --rate N      calls per second; default: 100
  --help

Memory is flat when its median over the last quarter is at most 5 % above that of the quarter before
the middle. A busy machine may refuse some calls, which are counted.
Exit codes: 0 flat; 1 not flat; 2 wrong arguments.`

const movieId = 'the-matrix-1999'
const watcherCount = 50
/** Number of users, so that ratings replace others and the database stays as it is. */
const userCount = 500
const sampleCount = 60
const growthMax = 0.05

interface Sample {
  readonly minutes: number
  readonly calls: number
  readonly residentMiB: number
  readonly descriptors: number
  readonly connections: number
}

async function soak(minutes: number, ratePerSecond: number): Promise<boolean> {
  await using folder = await temporaryFolder()
  const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
  const args = ['--data', folder.path, ...ports]
  await using program = await spawnProgram({ runtime: 'bun', entry: 'services/dev.ts', args })
  const [, ratingUrl = ''] = await program.waitForLine(/^ {2}rating +(http:\S+)$/m)
  const [, movieUrl = ''] = await program.waitForLine(/^The page: (http:\S+)\/$/m)
  const ending = AbortSignal.timeout(minutes * 60_000)
  const transport = createGrpcTransport({ baseUrl: movieUrl })
  await using watchers = startWatchers(transport, movieId, watcherCount)
  const load = callSteadily(movieUrl, ratingUrl, ratePerSecond, ending)
  const samples: Sample[] = []
  const startMs = performance.now()
  while (!ending.aborted) {
    await wait((minutes * 60_000) / sampleCount, undefined, { signal: ending }).catch(() => {})
    const elapsed = (performance.now() - startMs) / 60_000
    samples.push({ minutes: elapsed, calls: load.count(), ...(await readMetrics(movieUrl)) })
    print(samples.at(-1))
  }
  const failed = Object.groupBy([...(await load.ended), ...watchers.failed], (reason) => reason)
  for (const [reason, all] of Object.entries(failed)) console.log(`${all?.length} × ${reason}`)
  return judge(samples)
}

/** Makes calls until the signal is aborted. `ended` resolves with why calls failed. */
function callSteadily(movieUrl: string, ratingUrl: string, rate: number, signal: AbortSignal) {
  const movies = createClient(MovieService, createGrpcTransport({ baseUrl: movieUrl }))
  const ratings = createClient(RatingService, createGrpcTransport({ baseUrl: ratingUrl }))
  const failed: string[] = []
  let count = 0
  const call = async (n: number): Promise<void> => {
    const rating = { recordId: movieId, recordType: 'movie', userId: `user-${n % userCount}` }
    if (n % 4 === 0) await ratings.putRating({ ...rating, value: 1 + ((n / 4) % 5) })
    else if (n % 4 === 1) await movies.listMovies({ query: 'star' })
    else await movies.getMovieDetails({ movieId })
  }
  async function run(): Promise<string[]> {
    const endless = { durationMs: Number.POSITIVE_INFINITY, countMax: Number.POSITIVE_INFINITY }
    for await (const due of pace({ ratePerSecond: rate, ...endless, signal })) {
      const onFailed = (error: Error) => void failed.push(error.message)
      await Promise.all(Array.from({ length: due }, () => call(count++).catch(onFailed)))
    }
    return failed
  }
  return { ended: run(), count: () => count }
}

async function readMetrics(url: string) {
  const text = await (await fetch(`${url}/metrics`)).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  return {
    residentMiB: value('process_resident_memory_bytes') / 1024 / 1024,
    descriptors: value('process_open_fds'),
    connections: value('marquee_connections'),
  }
}

function print(sample: Sample | undefined): void {
  if (sample === undefined) return
  const { minutes, calls, residentMiB, descriptors, connections } = sample
  const head = `${minutes.toFixed(1).padStart(6)} min ${String(calls).padStart(9)} calls`
  const memory = `${residentMiB.toFixed(1).padStart(7)} MiB`
  console.log(`${head} ${memory} ${descriptors} descriptors ${connections} connections`)
}

function judge(samples: readonly Sample[]): boolean {
  const quarter = Math.floor(samples.length / 4)
  const median = (from: number, to: number) => {
    const sorted = samples
      .slice(from, to)
      .map(({ residentMiB }) => residentMiB)
      .sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  }
  const [before, after] = [median(quarter, 2 * quarter), median(3 * quarter, samples.length)]
  const growth = after / before - 1
  const isFlat = growth <= growthMax
  const change = `${before.toFixed(1)} to ${after.toFixed(1)} MiB (${(growth * 100).toFixed(1)} %)`
  console.log(`memory is ${isFlat ? 'flat' : 'NOT flat'}: ${change}`)
  return isFlat
}

function readOptions(args: string[]) {
  const options = {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '100' },
  } as const
  const { values } = parseArgs({ args, options })
  return { minutes: readCount('minutes', values.minutes), rate: readCount('rate', values.rate) }
}

function readCount(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`--${name} must be a number above 0; got "${text}"`)
}

await runCommand({ help, readOptions, run: ({ minutes, rate }) => soak(minutes, rate) })
