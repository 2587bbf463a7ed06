import { expect, test } from 'bun:test'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { backend } from '@marquee/testing/backends/shared'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import type { ServiceProcess } from '../system/service-process.ts'
import { type Fleet, knows, responseCount, startFleet } from './consul-fleet.ts'
import { startMovieLoad } from './movie-load.ts'

const testTimeoutMs = 90_000
/** Calls in flight: few enough that a busy machine responds within their deadlines. */
const concurrency = 16
/** Number of calls before, during and after the fault. */
const callCount = 500

const lookUps = {
  metadata: 'metadata.v1.MetadataService/GetMetadata',
  rating: 'rating.v1.RatingService/GetAggregatedRating',
} as const

describeWith(backend('consul'), 'services that find each other in Consul', (address) => {
  for (const service of ['metadata', 'rating'] as const) {
    test(
      `movie fails no call when an instance of ${service} is killed and removed from Consul`,
      async () => {
        await using fleet = await startFleet(address)
        const { first, movie } = await startDouble(fleet, service)
        const load = startMovieLoad(createGrpcTransport({ baseUrl: movie.url }), concurrency)
        await load.more(callCount)
        expect(await responseCount(first, lookUps[service])).toBeGreaterThan(0)
        load.forgive()
        first.program.kill('SIGKILL')
        await load.more(callCount)
        await knows(movie, service, 1)
        await load.more(callCount)
        expect(await load.stop()).toEqual([])
      },
      testTimeoutMs,
    )

    test(
      `movie fails no call when an instance of ${service} shuts down and another starts`,
      async () => {
        await using fleet = await startFleet(address)
        const { first, movie } = await startDouble(fleet, service)
        const load = startMovieLoad(createGrpcTransport({ baseUrl: movie.url }), concurrency)
        await load.more(callCount)
        load.forgive()
        first.program.kill('SIGTERM')
        await load.more(callCount)
        expect(await first.program.exited).toEqual({ code: 0, signal: null })
        const third = await fleet.start(service)
        await knows(movie, service, 2)
        const called = async () => (await responseCount(third, lookUps[service])) > 10
        await waitFor(called, { what: 'the new instance to be called' })
        await load.more(callCount)
        expect(await load.stop()).toEqual([])
      },
      testTimeoutMs,
    )
  }
})

/** Starts all three services, and two instances of the named one. */
async function startDouble(
  fleet: Fleet,
  service: 'metadata' | 'rating',
): Promise<{ first: ServiceProcess; movie: ServiceProcess }> {
  const other = service === 'rating' ? 'metadata' : 'rating'
  const names = [service, service, other] as const
  const [first] = await Promise.all(names.map((service) => fleet.start(service)))
  const movie = await fleet.start('movie')
  await knows(movie, service, 2)
  await knows(movie, other, 1)
  if (!first) throw new Error('nothing was started')
  return { first, movie }
}
