/** The metadata service through Connect's own handlers, on `node:http` and `node:http2`. */

import type { ConnectRouter } from '@connectrpc/connect'
import { serveConnectNode } from '@marquee/service/connect-node'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { run } from '@marquee/service/process/run'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { readMetadataConfig } from './config.ts'
import { createMetadataRpc } from './rpc.ts'
import { createMetadataApp } from './service.ts'
import { openMetadataStore } from './store/open.ts'

await run('metadata', readMetadataConfig, async ({ use, log, draining }, options) => {
  const store = use(await openMetadataStore(options.databaseUrl))
  const health = createHealth(draining)
  const app = createMetadataApp({ log, metrics: createMetrics(), health, store })
  const rpc = createMetadataRpc({ store, validate: app.rpcOptions.validate })
  const routes = (router: ConnectRouter) => router.service(MetadataService, rpc)
  const { url } = use(
    await serveConnectNode({ ...options, app, routes, services: [MetadataService], health, log }),
  )
  log.info({ url }, 'metadata is listening')
})
