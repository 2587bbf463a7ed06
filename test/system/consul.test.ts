import { expect, test } from 'bun:test'
import { isDeepStrictEqual } from 'node:util'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { backend } from '@marquee/testing/backends/shared'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { InstanceReport_Health, SystemService } from '../../gen/system/v1/system_pb.ts'
import { alien, knows, startFleet } from '../faults/consul-fleet.ts'
import { startService } from './service-process.ts'

const testTimeoutMs = 60_000

describeWith(backend('consul'), 'in Consul', (address) => {
  for (const name of ['bun', 'deno', 'node'] as const) {
    testWith(
      runtime(name),
      `the services on ${name} find each other, and leave it when they end`,
      async () => {
        await using fleet = await startFleet(address, name)
        const started = await Promise.all(
          (['metadata', 'rating'] as const).map((service) => fleet.start(service)),
        )
        const movie = await fleet.start('movie')
        await knows(movie, 'metadata', 1)
        await knows(movie, 'rating', 1)
        const client = createClient(MovieService, createConnectTransport({ baseUrl: movie.url }))
        // A process that has just started may be late with its first rating.
        await waitFor(
          async () => {
            const { movieDetails } = await client.getMovieDetails({ movieId: alien.id })
            expect(movieDetails?.metadata?.title).toBe(alien.title)
            return movieDetails?.ratingStatus === RatingStatus.RATED
          },
          { what: 'a movie with its rating' },
        )
        expect(await namesIn(address, fleet.prefix)).toEqual(['metadata', 'movie', 'rating'])
        for (const { program } of [movie, ...started]) {
          program.kill('SIGTERM')
          expect(await program.exited).toEqual({ code: 0, signal: null })
        }
        expect(await namesIn(address, fleet.prefix)).toEqual([])
      },
      testTimeoutMs,
    )
  }

  test(
    'a watch of the system reports each instance once, including movie itself',
    async () => {
      await using fleet = await startFleet(address, 'bun')
      const started = await Promise.all(
        (['metadata', 'rating', 'rating', 'movie'] as const).map((service) => fleet.start(service)),
      )
      const baseUrl = started[3]?.url ?? ''
      const client = createClient(SystemService, createConnectTransport({ baseUrl }))
      const expected = { movie: 1, metadata: 1, rating: 2 }
      for await (const { services } of client.watchSystem({})) {
        const known = services.map(({ service, instances }) => [service, instances.length])
        const instances = services.flatMap((service) => service.instances)
        const isServing = instances.every(({ health }) => health === InstanceReport_Health.SERVING)
        if (isServing && isDeepStrictEqual(Object.fromEntries(known), expected)) return
      }
      throw new Error('the watch has ended')
    },
    testTimeoutMs,
  )
})

test('a service that cannot read its Consul token says so in one line', async () => {
  const flags = ['--consul-http-addr', 'localhost', '--consul-http-token-file', '/nowhere/token']
  const started = startService({ service: 'movie', args: flags })
  await expect(started).rejects.toThrow(/^marquee movie: cannot read a file for Consul: .*nowhere/m)
})

/** Returns the service names with the prefix in Consul, without the prefix. */
async function namesIn(address: string, prefix: string): Promise<string[]> {
  const response = await fetch(`http://${address}/v1/agent/services`)
  const services = Object.values((await response.json()) as Record<string, { Service: string }>)
  const names = services.map(({ Service }) => Service).filter((name) => name.startsWith(prefix))
  return names.map((name) => name.slice(prefix.length)).sort()
}
