import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import type { ReceivedSpan } from '@marquee/testing/otlp-collector'
import { testWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import {
  movieId,
  outline,
  rated,
  spansOf,
  startTraced,
  type TracedServices,
} from './traced-services.ts'

const testTimeoutMs = 90_000
const clientSpanId = 'b7ad6b7169203331'

/** Returns the headers of a client that traces its call. */
function traced(traceId: string, flags = '01') {
  return { traceparent: `00-${traceId}-${clientSpanId}-${flags}` }
}

const traceIds = {
  unary: '10000000000000000000000000000001',
  stream: '20000000000000000000000000000002',
  gateway: '30000000000000000000000000000003',
  failed: '40000000000000000000000000000004',
}

for (const name of ['bun', 'deno', 'node'] as const) {
  testWith(
    runtime(name),
    `on ${name}, each call of a trusted client is one trace through the services`,
    async () => {
      await using services = await startTraced(name, '--trace-incoming', '127.0.0.1')
      const movies = createClient(MovieService, services.transport)
      await movies.getMovieDetails({ movieId }, { headers: traced(traceIds.unary) })
      await watchOnce(services)
      await putThroughGateway(services)
      await expect(
        movies.getMovieDetails({ movieId: 'unknown' }, { headers: traced(traceIds.failed) }),
      ).rejects.toThrow('no metadata')

      expect(outline(await spansOf(services, traceIds.unary, 5))).toEqual([
        'movie server movie.v1.MovieService/GetMovieDetails',
        '  movie client metadata.v1.MetadataService/GetMetadata',
        '    metadata server metadata.v1.MetadataService/GetMetadata',
        '  movie client rating.v1.RatingService/GetAggregatedRating',
        '    rating server rating.v1.RatingService/GetAggregatedRating',
      ])
      // The watch at rating closes two seconds after its last viewer has left.
      expect(outline(await spansOf(services, traceIds.stream, 5))).toEqual([
        'movie server movie.v1.MovieService/WatchMovieDetails',
        '  movie client metadata.v1.MetadataService/GetMetadata',
        '    metadata server metadata.v1.MetadataService/GetMetadata',
        '  movie client rating.v1.RatingService/WatchAggregatedRatings',
        '    rating server rating.v1.RatingService/WatchAggregatedRatings',
      ])
      expect(outline(await spansOf(services, traceIds.gateway, 3))).toEqual([
        'movie server rating.v1.RatingService/PutRating',
        '  movie client rating.v1.RatingService/PutRating',
        '    rating server rating.v1.RatingService/PutRating',
      ])
      const failed = await spansOf(services, traceIds.failed, 5)
      const statuses = failed.map(({ service, kind, attributes, isError }) => [
        `${service} ${kind}`,
        attributes['rpc.response.status_code'],
        isError,
      ])
      // An absent movie is no failure of a server, but one for its client.
      expect(statuses.toSorted()).toEqual([
        ['metadata server', 'NOT_FOUND', false],
        ['movie client', 'NOT_FOUND', true],
        ['movie client', 'NOT_FOUND', true],
        ['movie server', 'not_found', false],
        ['rating server', 'NOT_FOUND', false],
      ])
      await waitFor(() => isLogged(services), { what: 'the trace in the log' })
    },
    testTimeoutMs,
  )
}

test(
  'a call of any other client starts a trace, which links to that of the client',
  async () => {
    await using services = await startTraced('bun')
    const movies = createClient(MovieService, services.transport)
    await movies.getMovieDetails({ movieId }, { headers: traced(traceIds.unary) })
    const root = await waitFor(() => services.collector.spans.find(isLinked), { what: 'a link' })
    expect(root).toMatchObject({ service: 'movie', kind: 'server', parentSpanId: '' })
    expect(root.traceId).not.toBe(traceIds.unary)
    expect(root.links).toEqual([{ traceId: traceIds.unary, spanId: clientSpanId }])
    expect(outline(await spansOf(services, root.traceId, 5))).toHaveLength(5)
  },
  testTimeoutMs,
)

test(
  'a trace that its client does not sample is passed on, logged, and not exported',
  async () => {
    await using services = await startTraced('bun', '--trace-incoming', '127.0.0.0/8')
    const movies = createClient(MovieService, services.transport)
    await movies.getMovieDetails({ movieId }, { headers: traced(traceIds.unary, '00') })
    await movies.getMovieDetails({ movieId }, { headers: traced(traceIds.failed) })
    await spansOf(services, traceIds.failed, 5)
    const { spans } = services.collector
    expect(spans.filter(({ traceId }) => traceId === traceIds.unary)).toEqual([])
    await waitFor(() => isLogged(services), { what: 'the trace in the log' })
  },
  testTimeoutMs,
)

test(
  'a process exports its last spans when it ends',
  async () => {
    await using services = await startTraced('bun', '--trace-incoming', '127.0.0.1')
    const { program, collector, transport } = services
    const movies = createClient(MovieService, transport)
    await movies.getMovieDetails({ movieId }, { headers: traced(traceIds.unary) })
    program.kill('SIGTERM')
    expect(await program.exited).toEqual({ code: 0, signal: null })
    const exported = collector.spans.filter(({ traceId }) => traceId === traceIds.unary)
    expect(exported).toHaveLength(5)
  },
  testTimeoutMs,
)

/** Returns whether the log has each call of the unary trace. */
function isLogged({ program }: TracedServices): boolean {
  const lines = program.stdout().split('\n')
  return lines.filter((line) => line.includes(`"trace_id":"${traceIds.unary}"`)).length === 3
}

function isLinked({ links }: ReceivedSpan): boolean {
  return links.length > 0
}

async function putThroughGateway({ movieUrl }: TracedServices): Promise<void> {
  const transport = createConnectTransport({ baseUrl: `${movieUrl}/services/rating` })
  const ratings = createClient(RatingService, transport)
  const rating = { ...rated, userId: 'bob', value: 3 }
  await ratings.putRating(rating, { headers: traced(traceIds.gateway) })
}

/** Watches a movie until its first message. */
async function watchOnce({ transport }: TracedServices): Promise<void> {
  const leave = new AbortController()
  const movies = createClient(MovieService, transport)
  const options = { headers: traced(traceIds.stream), signal: leave.signal }
  for await (const { movieDetails } of movies.watchMovieDetails({ movieId }, options)) {
    expect(movieDetails?.rating?.count).toBeGreaterThan(0n)
    break
  }
  leave.abort()
}
