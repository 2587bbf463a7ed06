import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { backend } from '@marquee/testing/backends/shared'
import { openConsul } from '@marquee/testing/consul-registry'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { alien, knows, startFleet } from '../faults/consul-fleet.ts'
import { pidsOf } from './service-workers.ts'

const timeoutMs = 120_000
const workers = ['--workers', '2'] as const

describeWith(backend('consul'), 'services of two workers in Consul', (address) => {
  test(
    'are one instance each, also after the worker that registered it was killed',
    async () => {
      await using fleet = await startFleet(address)
      const metadata = await fleet.start('metadata', workers)
      const rating = await fleet.start('rating', workers)
      const movie = await fleet.start('movie', workers)
      const all = [metadata, rating, movie]
      for (const { program } of all) {
        await waitFor(() => [0, 1].every((worker) => pidsOf(program, worker).length === 1), {
          what: 'both workers to serve',
          timeoutMs: 30_000,
        })
      }
      await using registry = await openConsul(address, { prefix: fleet.prefix })
      await using watch = await registry.watch('rating')
      const expectOne = () =>
        waitFor(() => watch.instances.length === 1 && watch.instances[0]?.url === rating.url, {
          what: 'one instance of rating',
          timeoutMs: 30_000,
        })
      await expectOne()
      await knows(movie, 'metadata', 1)
      await expectDetails(movie.url)

      const registered = /"worker":(\d),.*"msg":"registered"/
      const lead = Number((await rating.program.waitForLine(registered))[1])
      process.kill(pidsOf(rating.program, lead)[0] ?? 0, 'SIGKILL')
      await rating.program.waitForLine(new RegExp(`"worker":${1 - lead},.*"msg":"registered"`))
      await expectOne()
      await expectDetails(movie.url)
      for (const { program } of all) {
        program.kill('SIGTERM')
        expect(await program.exited).toEqual({ code: 0, signal: null })
      }
      await waitFor(() => watch.instances.length === 0, { what: 'rating to leave' })
    },
    timeoutMs,
  )
})

/** Checks that every worker of movie finds the other services. */
async function expectDetails(baseUrl: string): Promise<void> {
  for (let connections = 0; connections < 6; connections++) {
    const headers = { connection: 'close' }
    const movies = createClient(MovieService, createConnectTransport({ baseUrl }))
    await waitFor(
      async () => {
        const { movieDetails } = await movies.getMovieDetails({ movieId: alien.id }, { headers })
        return movieDetails?.ratingStatus === RatingStatus.RATED
      },
      { what: 'a movie with its rating', timeoutMs: 20_000 },
    )
  }
}
