import { expect, test } from 'bun:test'
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import {
  MovieService,
  RatingStatus,
  type WatchMovieDetailsResponse,
} from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'

import { type ReachedDetails, resumeDetails } from './resume.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

const { RATED, NOT_RATED, UNAVAILABLE } = RatingStatus

test('a viewer that resumes at an instance that lags begins with what rating has now', async () => {
  await using bench = await setUp({ watched: 5n, current: 9n })
  const first = await bench.watch(9n).next()
  expect(seenBy(first.value)).toEqual({ status: RATED, revision: 9n, resume: 9n })
})

test('a viewer that resumes by Server-Sent Events begins with what rating has now', async () => {
  await using bench = await setUp({ watched: 5n, current: 9n })
  for (const path of ['/movie/watch?id=alien', '/v1/movies/alien/details:watch']) {
    const event = await bench.firstEvent(path, { 'last-event-id': '9' })
    expect(event).toMatch(/^id: 9$/m)
    expect(event).toMatch(/^data: .*"revision":"?9"?[,}]/m)
  }
  expect(await bench.firstEvent('/movie/watch?id=alien&since=9')).toContain('\nid: 9\n')
  expect(await bench.firstEvent('/movie/watch?id=alien')).toContain('\nid: 5\n')
})

test('a viewer that resumes gets the shared state, without another read, when it is new enough', async () => {
  await using bench = await setUp({ watched: 9n, current: 9n })
  for (const since of [8n, 9n]) {
    const first = await bench.watch(since).next()
    expect(seenBy(first.value)).toEqual({ status: RATED, revision: 9n, resume: 9n })
  }
  expect(bench.readCount()).toBe(0)
})

test('a viewer whose revision is of another database gets the current details at once', async () => {
  await using bench = await setUp({ watched: 5n, current: 5n })
  const first = await bench.watch(9n).next()
  expect(seenBy(first.value)).toEqual({ status: RATED, revision: 5n, resume: 5n })
})

test('a viewer gets no older state either while the instance catches up', async () => {
  await using bench = await setUp({ watched: 5n, current: 9n })
  const watch = bench.watch(8n)
  expect(seenBy((await watch.next()).value)).toMatchObject({ revision: 9n })
  const next = watch.next()
  for (const revision of [6n, 10n]) bench.push(revision)
  const seen = [await next, await watch.next()].map(({ value }) => seenBy(value).revision)
  expect(seen.filter((revision) => revision === 6n)).toEqual([])
  expect(seen).toContain(10n)
})

test('a viewer that resumes after the last rating was deleted gets NOT_RATED', async () => {
  await using bench = await setUp({ watched: 5n, current: undefined })
  const first = await bench.watch(9n).next()
  expect(seenBy(first.value)).toEqual({ status: NOT_RATED, revision: undefined, resume: 9n })
})

test('a rating that cannot be read is UNAVAILABLE, and keeps the revision of the viewer', async () => {
  await using bench = await setUp({ watched: 5n, current: 'down' })
  const first = await bench.watch(9n).next()
  expect(seenBy(first.value)).toEqual({ status: UNAVAILABLE, revision: undefined, resume: 9n })
})

test('a revision below 0, or none, is INVALID_ARGUMENT', async () => {
  await using bench = await setUp({ watched: 5n, current: 5n })
  const failure = await bench.watch(-1n).next().catch(ConnectError.from)
  expect(failure).toMatchObject({ code: Code.InvalidArgument })
  expect((await bench.app.request('/movie/watch?id=alien&since=x')).status).toBe(400)
})

test('an unavailable rating is read again after growing waits, until it is there', async () => {
  const reads = [unavailable, unavailable, unavailable, unavailable, rated(9n)]
  const waitsMs: number[] = []
  const states = resumeDetails<string, bigint>({
    states: statesOf([rated(5n)]),
    sinceRevision: 9n,
    read: async () => reads.shift() ?? expect.unreachable('there are too many reads'),
    wait: async (delayMs) => waitsMs.push(delayMs),
    signal: new AbortController().signal,
  })
  const seen = await Array.fromAsync(states, ({ details, revision }) => [
    details.ratingStatus,
    revision,
  ])
  expect(seen).toEqual([
    ['unavailable', 9n],
    ['rated', 9n],
  ])
  expect(waitsMs.map((ms) => [125, 250, 500].findLast((least) => ms >= least))).toEqual([125, 250])
})

test('a read that had begun before the viewer came does not decide', async () => {
  const reads = [rated(5n), rated(9n)]
  const states = resumeDetails<string, bigint>({
    states: statesOf([rated(5n)]),
    sinceRevision: 9n,
    read: async () => reads.shift() ?? expect.unreachable('there are too many reads'),
    wait: () => expect.unreachable('there is nothing to wait for'),
    signal: new AbortController().signal,
  })
  expect((await Array.fromAsync(states)).map(({ revision }) => revision)).toEqual([9n])
})

test('a viewer that leaves while the rating is unavailable ends the reads', async () => {
  const leaving = new AbortController()
  const states = resumeDetails<string, bigint>({
    states: statesOf([rated(5n), rated(6n)]),
    sinceRevision: 9n,
    read: async () => unavailable,
    wait: async () => leaving.abort(),
    signal: leaving.signal,
  })
  expect(await Array.fromAsync(states)).toHaveLength(1)
})

type State = ReachedDetails<string, bigint, undefined>

const unavailable: State = {
  details: {
    metadata: 'alien',
    rating: undefined,
    ratingStatus: 'unavailable',
    reason: 'it is down',
  },
  revision: undefined,
}

function rated(revision: bigint): State {
  return { details: { metadata: 'alien', rating: revision, ratingStatus: 'rated' }, revision }
}

async function* statesOf(states: readonly State[]): AsyncGenerator<State> {
  yield* states
}

function seenBy(response: WatchMovieDetailsResponse | undefined) {
  const { movieDetails, resumeRevision } = response ?? {}
  const { ratingStatus: status, rating } = movieDetails ?? {}
  return { status, revision: rating?.revision, resume: resumeRevision }
}

interface Revisions {
  /** Revision that the instance has by its watch, which a first viewer keeps open. */
  readonly watched: bigint
  /** Revision that a read returns. `undefined` when nobody rates the movie. */
  readonly current: bigint | undefined | 'down'
}

async function setUp({ watched, current }: Revisions) {
  const closing = new AbortController()
  const { signal } = closing
  const pushed = [watched]
  let wake = () => {}
  let readCount = 0
  const ratingAt = (revision: bigint) => {
    return { recordId: 'alien', recordType: 'movie', count: revision, revision }
  }
  const upstream = createRouterTransport((router) => {
    router.service(MetadataService, { getMetadata: () => ({ metadata: { id: 'alien' } }) })
    router.service(RatingService, {
      getAggregatedRating() {
        readCount++
        if (current === 'down') throw new ConnectError('it is down', Code.Unavailable)
        if (current === undefined) throw new ConnectError('not rated', Code.NotFound)
        return { aggregatedRating: ratingAt(current) }
      },
      async *watchAggregatedRatings(_, context) {
        context.signal.addEventListener('abort', () => wake())
        while (!context.signal.aborted) {
          const revision = pushed.shift()
          if (revision !== undefined) yield { aggregatedRating: ratingAt(revision) }
          else
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      },
    })
  })
  const app = createMovieApp({
    sources: { metadata: createMetadataSource(upstream), ratings: createRatingSource(upstream) },
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  const client = createClient(MovieService, createAppTransport(app))
  const watch = (sinceRevision: bigint) =>
    client
      .watchMovieDetails({ movieId: 'alien', sinceRevision }, { signal })
      [Symbol.asyncIterator]()
  expect(seenBy((await watch(0n).next()).value)).toMatchObject({ resume: watched })
  return {
    app,
    watch,
    readCount: () => readCount,
    push(revision: bigint) {
      pushed.push(revision)
      wake()
    },
    async firstEvent(path: string, headers: Record<string, string> = {}) {
      const request = { headers: { accept: 'text/event-stream', ...headers } }
      const response = await app.request(path, request)
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const text = (await reader?.read())?.value
      await reader?.cancel()
      return text
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
    },
  }
}
