import { expect, test } from 'bun:test'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { startConsul } from '@marquee/testing/backends/consul'
import { installed } from '@marquee/testing/backends/shared'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import type { ServiceProcess } from '../system/service-process.ts'
import { knows, metric, startFleet } from './consul-fleet.ts'
import { startMovieLoad } from './movie-load.ts'

const testTimeoutMs = 90_000
const concurrency = 8
const callCount = 300
const ratingAge = 'marquee_discovery_snapshot_age_seconds{service="rating"}'

describeWith(installed('consul'), 'services whose Consul', () => {
  test(
    'services whose Consul is killed and restarted empty continue, and register again',
    async () => {
      await using consul = await startConsul()
      await using fleet = await startFleet(consul.address)
      const [metadata, ...ratings] = await Promise.all(
        (['metadata', 'rating', 'rating'] as const).map((service) => fleet.start(service)),
      )
      const movie = await fleet.start('movie')
      const all = [metadata, ...ratings, movie].filter((one) => one !== undefined)
      await knows(movie, 'rating', 2)
      const load = startMovieLoad(createGrpcTransport({ baseUrl: movie.url }), concurrency)
      await load.more(callCount)
      load.forgive()

      await consul.kill()
      for (const one of all)
        await waitFor(() => hasErrors(one), { what: 'its errors to be counted' })
      await load.more(callCount)
      const ageS = await metric(movie, ratingAge)
      await waitFor(async () => (await metric(movie, ratingAge)) > ageS + 1, {
        what: 'the age to grow',
      })
      expect(await Promise.all(all.map(isReady))).toEqual(all.map(() => true))

      await consul.start()
      for (const one of all) {
        await waitFor(() => isRegisteredAgain(one), { what: 'it to register again' })
      }
      await waitFor(async () => (await metric(movie, ratingAge)) < ageS, {
        what: 'the list to be new',
        timeoutMs: 20_000,
      })
      await load.more(callCount)
      await knows(movie, 'rating', 2)
      expect(await load.stop()).toEqual([])
    },
    testTimeoutMs,
  )

  test(
    'services whose Consul is unavailable still shut down in order',
    async () => {
      await using consul = await startConsul()
      await using fleet = await startFleet(consul.address)
      const metadata = await fleet.start('metadata')
      await consul.kill()
      metadata.program.kill('SIGTERM')
      expect(await metadata.program.exited).toEqual({ code: 0, signal: null })
      expect(metadata.program.stdout()).toContain('could not deregister')
    },
    testTimeoutMs,
  )
})

async function hasErrors(service: ServiceProcess): Promise<boolean> {
  return (await metric(service, 'marquee_discovery_errors_total')) > 0
}

async function isRegisteredAgain(service: ServiceProcess): Promise<boolean> {
  return (await metric(service, 'marquee_discovery_registrations_total')) === 2
}

async function isReady({ url }: ServiceProcess): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok
}
