import { expect } from 'bun:test'
import { join } from 'node:path'
import { createClient } from '@connectrpc/connect'
import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { backend } from '@marquee/testing/backends/shared'
import { openConsul, uniquePrefix } from '@marquee/testing/consul-registry'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { openMetadataStore } from '../../services/metadata/store/open.ts'
import { alien, type ServiceName } from '../faults/consul-fleet.ts'
import { startMovieLoad } from '../faults/movie-load.ts'
import { type ServiceProcess, startService } from '../system/service-process.ts'
import { startWatchers } from './watchers.ts'

const timeoutMs = 240_000
/** Deadline of a call on a busy machine, in milliseconds. */
const callTimeoutMs = 30_000
const watcherCount = 50
const concurrency = 4
const services: readonly ServiceName[] = ['metadata', 'rating', 'movie']

describeWith(backend('consul'), 'a rolling update', (consul) => {
  testWith(
    backend('postgres'),
    'of two instances of each service fails no call and loses no watch',
    async (postgres) => {
      await using databases = postgresDatabases(postgres)
      await using folder = await temporaryFolder()
      const [metadataUrl, ratingUrl] = [await databases.create(), await databases.create()]
      {
        await using store = await openMetadataStore(metadataUrl)
        await store.put([alien])
      }
      const prefix = uniquePrefix()
      await using registry = await openConsul(consul, { prefix })
      await using processes = new AsyncDisposableStack()
      const flags: Readonly<Record<ServiceName, readonly string[]>> = {
        metadata: ['--database-url', metadataUrl],
        rating: ['--database-url', ratingUrl, '--event-log', join(folder.path, 'events.db')],
        movie: [],
      }

      /** Starts an instance, and resolves when clients know it. */
      async function start(service: ServiceName, known: number): Promise<ServiceProcess> {
        const inConsul = ['--consul-http-addr', consul, '--consul-service-prefix', prefix]
        const args = [...inConsul, '--consul-check-interval-ms', '1000', ...flags[service]]
        const started = processes.use(await startService({ service, args }))
        await using watch = await registry.watch(service)
        await waitFor(() => watch.instances.length === known, {
          what: `${known} instances of ${service}`,
          timeoutMs: 30_000,
        })
        return started
      }

      const running: [ServiceName, ServiceProcess][] = []
      for (const service of services) {
        for (const known of [1, 2]) running.push([service, await start(service, known)])
      }
      await using movies = await createServiceTransport({ resolver: registry, service: 'movie' })
      await using ratings = await createServiceTransport({ resolver: registry, service: 'rating' })
      let rated = 0n
      const rate = async () => {
        rated++
        const record = { recordType: 'movie', recordId: alien.id }
        const client = createClient(RatingService, ratings)
        const rating = { ...record, userId: `user-${rated}`, value: 4 }
        await client.putRating(rating, { timeoutMs: callTimeoutMs })
      }
      await rate()
      await using watchers = startWatchers(movies, alien.id, watcherCount)
      await watchers.seen(rated)
      const load = startMovieLoad(movies, concurrency)
      await load.more(100)

      for (const [service, former] of running) {
        await start(service, 3)
        former.program.kill('SIGTERM')
        expect(await former.program.exited).toEqual({ code: 0, signal: null })
        await rate()
        await watchers.seen(rated)
        await load.more(100)
      }

      const failed = await load.stop()
      const figures = { ...load.figures(), reopened: watchers.reopenedCount }
      process.stdout.write(`${JSON.stringify(figures)}\n`)
      expect({ failed, watches: watchers.failed }).toEqual({ failed: [], watches: [] })
      // Both instances of movie were replaced, so each watcher moved at least once.
      expect(watchers.reopenedCount).toBeGreaterThanOrEqual(watcherCount)
    },
    timeoutMs,
  )
})
