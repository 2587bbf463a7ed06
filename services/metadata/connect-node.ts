/** The metadata service through Connect's own handlers, on `node:http` and `node:http2`. */

import type { ConnectRouter } from '@connectrpc/connect'
import { openRegistry } from '@marquee/registry/open'
import { serveConnectNode } from '@marquee/service/connect-node'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { run } from '@marquee/service/process/run'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { followStore } from './catalogue/follow.ts'
import { readMetadataConfig } from './config.ts'
import { openRatings } from './ratings/open.ts'
import { createRatedMovies } from './ratings/rated-movies.ts'
import { createMetadataRpc } from './rpc.ts'
import { createMetadataApp } from './service.ts'
import { openMetadataStore } from './store/open.ts'

await run('metadata', readMetadataConfig, async (running, options) => {
  const { use, log, draining } = running
  const store = use(await openMetadataStore(options.databaseUrl))
  const registry = use(await openRegistry(options.registry, log))
  const rated = createRatedMovies()
  const catalogue = followStore(store, rated)
  const { prepare } = catalogue
  const opened = await openRatings(running, options, registry, { rated, prepare })
  const health = createHealth(draining)
  const sources = { store, catalogue, ...opened }
  const app = createMetadataApp({ log, metrics: createMetrics(), health, ...sources })
  const rpc = createMetadataRpc({ ...sources, validate: app.rpcOptions.validate })
  const routes = (router: ConnectRouter) => router.service(MetadataService, rpc)
  const { url } = use(
    await serveConnectNode({ ...options, app, routes, services: [MetadataService], health, log }),
  )
  log.info({ url }, 'metadata is listening')
})
