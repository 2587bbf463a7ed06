import { expect } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { callBounds } from '@marquee/grpc-transport/pool/session-pool'
import { backend } from '@marquee/testing/backends/shared'
import { connectionCounter } from '@marquee/testing/connections'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { alien, knows, startFleet } from './consul-fleet.ts'

const testTimeoutMs = 120_000
/** Time until a busy machine responds to all calls within their deadlines. */
const responsesTimeoutMs = 60_000
const clientCount = 10
const callCount = 500
/** Two watches, and two connections for other requests. */
const consulConnectionsMax = 4
const countIntervalMs = 20

describeWith(backend('consul'), 'services that find each other in Consul', (address) => {
  testWith(
    connectionCounter(),
    'movie responds to 500 calls at once on a handful of connections to Consul and to each upstream',
    async (countConnections) => {
      await using fleet = await startFleet(address)
      const names = ['metadata', 'rating', 'rating'] as const
      const upstreams = await Promise.all(names.map((service) => fleet.start(service)))
      const movie = await fleet.start('movie')
      await knows(movie, 'metadata', 1)
      await knows(movie, 'rating', 2)
      const urls = [`http://${address}`, ...upstreams.map(({ url }) => url)]
      const ports = urls.map((url) => Number(new URL(url).port))
      const most = ports.map(() => 0)
      const count = () => {
        ports.forEach((port, index) => {
          most[index] = Math.max(most[index] ?? 0, countConnections(movie.program.pid, port))
        })
      }
      const timer = setInterval(count, countIntervalMs)
      const callAll = createCallers(movie.url)
      await waitFor(callAll, { what: 'responses to all calls', timeoutMs: responsesTimeoutMs })
      clearInterval(timer)
      count()
      const [consul, ...others] = most
      expect(consul).toBeGreaterThanOrEqual(2)
      expect(consul).toBeLessThanOrEqual(consulConnectionsMax)
      expect(Math.min(...others)).toBeGreaterThanOrEqual(1)
      expect(Math.max(...others)).toBeLessThanOrEqual(callBounds.sessionsMax)
    },
    testTimeoutMs,
  )
})

/** Returns a function that makes all calls in parallel, and returns whether each succeeded. */
function createCallers(baseUrl: string): () => Promise<boolean> {
  const clients = Array.from({ length: clientCount }, () =>
    createClient(MovieService, createGrpcTransport({ baseUrl })),
  )
  const callers = Array.from({ length: callCount / clientCount }, () => clients).flat()
  return async () => {
    const calls = callers.map((client) => client.getMovieDetails({ movieId: alien.id }))
    const responses = await Promise.allSettled(calls)
    return responses.every(
      (response) =>
        response.status === 'fulfilled' &&
        response.value.movieDetails?.ratingStatus === RatingStatus.RATED,
    )
  }
}
