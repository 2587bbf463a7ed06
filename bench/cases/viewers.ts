import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { waitFor } from '@marquee/testing/wait-for'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService, WatchMovieDetailsRequestSchema } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type Bench, ownName, type Peer, startNeeded } from '../bench.ts'
import { loadCatalogue } from '../catalogue.ts'
import { processorTimeMs, residentMegabytes } from '../cpu.ts'
import { marquee } from '../peers.ts'
import { startViewers, type Viewed, type Viewers } from '../viewers.ts'

const name = 'viewers'
const viewerCount = 10_000
const movieCount = 100
const ratingsPerSecond = 5
const ratingMs = 20_000
const quietMs = 5_000
const openTimeoutMs = 120_000
const recordType = 'movie'

const details: Viewed = {
  path: `/${MovieService.typeName}/${MovieService.method.watchMovieDetails.name}`,
  encode(movieId) {
    const request = create(WatchMovieDetailsRequestSchema, { movieId })
    return toBinary(WatchMovieDetailsRequestSchema, request)
  },
}

/**
 * Measures 10,000 viewers of 100 movies on one movie instance, while it receives a few ratings per
 * second: the duration of a rating, the time until each viewer of the movie receives it, and the
 * memory and processor time of movie.
 */
export async function measureViewers(bench: Bench): Promise<void> {
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    await using stack = new AsyncDisposableStack()
    const { movie, metadata } = await startServices(bench, stack, `${round}`)
    await measureRound(bench, movie, await listMovies(originOf(metadata)))
  }
}

async function measureRound(bench: Bench, movie: Peer, movieIds: string[]): Promise<void> {
  const report = (metric: string, unit: string, value: number) =>
    bench.report({ case: name, peer: ownName, metric, unit, value })
  const watched = Array.from({ length: viewerCount }, (_, n) => movieIds[n % movieCount] ?? '')
  const rssBeforeMb = residentMegabytes(movie.pid)
  const openUsedMs = processorTimeMs(movie.pid)
  const startMs = performance.now()
  using viewers = startViewers(originOf(movie), watched, details)
  const areThere = () => viewers.seenCount + viewers.lostCount === viewerCount
  await waitFor(areThere, { what: 'all viewers to be sent something', timeoutMs: openTimeoutMs })
  if (viewers.lostCount > 0) throw new Error(`${viewers.lostCount} viewers were turned away`)
  report('open_ms', 'ms', performance.now() - startMs)
  report('open_cpu_ms', 'ms', processorTimeMs(movie.pid) - openUsedMs)
  const usedMs = processorTimeMs(movie.pid)
  await delay(quietMs)
  report('quiet_cpu_ms_per_s', 'ms/s', ((processorTimeMs(movie.pid) - usedMs) / quietMs) * 1_000)
  const { putMs, seenMs } = await rate(originOf(movie), movieIds, viewers)
  if (viewers.lostCount > 0) throw new Error(`${viewers.lostCount} viewers were lost`)
  report('put_p50_ms', 'ms', percentile(putMs, 0.5))
  report('put_p99_ms', 'ms', percentile(putMs, 0.99))
  report('seen_p99_ms', 'ms', percentile(seenMs, 0.99))
  report('rss_grown_mb', 'MB', residentMegabytes(movie.pid) - rssBeforeMb)
}

/**
 * Sends ratings at an even rate through movie, as the page does. Returns their durations, and the
 * times until the viewers received them.
 */
async function rate(origin: string, movieIds: readonly string[], viewers: Viewers) {
  const baseUrl = `${origin}/services/rating`
  const client = createClient(RatingService, createGrpcTransport({ baseUrl }))
  const ratedAtMs = new Map<string, number>()
  const putMs: number[] = []
  const seenMs: number[] = []
  viewers.onChange = (movieId) => {
    const sinceMs = ratedAtMs.get(movieId)
    if (sinceMs !== undefined) seenMs.push(performance.now() - sinceMs)
  }
  const puts = Array.from({ length: (ratingMs / 1_000) * ratingsPerSecond }, async (_, n) => {
    await delay((n * 1_000) / ratingsPerSecond)
    const recordId = movieIds[n % movieIds.length] ?? ''
    const startMs = performance.now()
    ratedAtMs.set(recordId, startMs)
    await client.putRating({ recordType, recordId, userId: `bench-${n}`, value: 1 + (n % 5) })
    putMs.push(performance.now() - startMs)
  })
  await Promise.all(puts)
  const perPut = viewerCount / movieCount
  const hasSeenAll = () => seenMs.length >= puts.length * perPut
  await waitFor(hasSeenAll, { what: 'all viewers to be sent the ratings', timeoutMs: 10_000 })
  return { putMs, seenMs }
}

async function startServices(bench: Bench, stack: AsyncDisposableStack, round: string) {
  const file = (part: string) => join(bench.folder, `${round}-${part}`)
  const databases = ['--database-url', `sqlite:${file('rating.db')}`, '--event-log', file('log.db')]
  const catalogue = ['--database-url', await loadCatalogue(bench.folder)]
  const metadata = await startNeeded(marquee('metadata', 'bun', ...catalogue), stack)
  const rating = await startNeeded(marquee('rating', 'bun', ...databases), stack)
  const upstreamFlags = ['--metadata-url', originOf(metadata), '--rating-url', originOf(rating)]
  const movie = await startNeeded(marquee('movie', 'bun', ...upstreamFlags), stack)
  return { movie, metadata }
}

async function listMovies(baseUrl: string): Promise<string[]> {
  const client = createClient(MetadataService, createGrpcTransport({ baseUrl }))
  const { metadata } = await client.listMetadata({ pageSize: movieCount })
  return metadata.map(({ id }) => id)
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

function originOf(peer: Peer): string {
  return peer.origins['2'] ?? ''
}
