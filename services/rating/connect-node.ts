/** The rating service through Connect's own handlers, on `node:http` and `node:http2`. It reads no events. */

import type { ConnectRouter } from '@connectrpc/connect'
import { serveConnectNode } from '@marquee/service/connect-node'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { run } from '@marquee/service/process/run'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { readRatingConfig } from './config.ts'
import { createRatingRpc } from './rpc.ts'
import { createRatingApp } from './service.ts'
import { openRatingStore } from './store/open.ts'
import { createAggregateWatches } from './watch.ts'

await run('rating', readRatingConfig, async ({ use, log, draining }, options) => {
  const { rules } = options
  const store = use(await openRatingStore(options.databaseUrl, { rules }))
  const watches = use(createAggregateWatches({ store }))
  const health = createHealth(draining)
  const app = createRatingApp({ log, metrics: createMetrics(), health, store, watches })
  const rpc = createRatingRpc({ store, watches, validate: app.rpcOptions.validate })
  const routes = (router: ConnectRouter) => router.service(RatingService, rpc)
  const { url } = use(
    await serveConnectNode({ ...options, app, routes, services: [RatingService], health, log }),
  )
  log.info({ url }, 'rating is listening')
})
