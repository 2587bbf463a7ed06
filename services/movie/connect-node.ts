/** The movie service through Connect's own handlers, on `node:http` and `node:http2`. It serves no page. */

import type { ConnectRouter } from '@connectrpc/connect'
import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { openRegistry } from '@marquee/registry/open'
import { serveConnectNode } from '@marquee/service/connect-node'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { run } from '@marquee/service/process/run'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { readMovieConfig } from './config.ts'
import { createMovieRpc } from './rpc.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

await run('movie', readMovieConfig, async ({ use, log, draining }, options) => {
  const resolver = use(await openRegistry(options.registry, log))
  const upstream = { resolver, retriesMax: options.retriesMax }
  const metadata = use(await createServiceTransport({ ...upstream, service: 'metadata' }))
  const rating = use(await createServiceTransport({ ...upstream, service: 'rating' }))
  const sources = { metadata: createMetadataSource(metadata), ratings: createRatingSource(rating) }
  const health = createHealth(draining)
  const app = createMovieApp({ log, metrics: createMetrics(), health, sources })
  const rpc = createMovieRpc({ sources, draining })
  const routes = (router: ConnectRouter) => router.service(MovieService, rpc)
  const { url } = use(
    await serveConnectNode({ ...options, app, routes, services: [MovieService], health, log }),
  )
  log.info({ url }, 'movie is listening')
})
