/**
 * Serves `bench.v1.BenchService` as a service of Marquee, with the app and access log of every
 * service.
 */

import type { ServiceImpl } from '@connectrpc/connect'
import { mountConnect } from '@marquee/connect-hono/mount'
import { openHostCheck } from '@marquee/http/server/host-check'
import { serve } from '@marquee/http/server/serve'
import { createServiceAdmission } from '@marquee/service/admission'
import { createApp } from '@marquee/service/app'
import { readFlags } from '@marquee/service/flags/flags'
import { readServiceOptions } from '@marquee/service/flags/service'
import { createAccessLog } from '@marquee/service/logs/access-log'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { run } from '@marquee/service/process/run'
import { BenchService } from '../gen/bench/v1/bench_pb.ts'
import { items } from './items.ts'

const usage = 'bench/service.ts: long streams and large messages, to be measured'

const rpc = {
  async *listItems({ count }) {
    yield* items(count)
  },
  echo: ({ payload }) => ({ payload }),
} satisfies ServiceImpl<typeof BenchService>

function readConfig() {
  const flags = readFlags(usage, { args: process.argv.slice(2), env: process.env })
  const config = readServiceOptions(flags, 0)
  flags.finish()
  return config
}

await run('bench', readConfig, async ({ log, draining, connections, use }, config) => {
  const metrics = createMetrics()
  const admission = createServiceAdmission({ log, metrics })
  const app = createApp('bench', {
    log,
    logAccess: createAccessLog(log),
    metrics,
    admission,
    health: createHealth(draining),
    hosts: await openHostCheck(config),
  })
  mountConnect(app, (router) => router.service(BenchService, rpc), app.rpcOptions)
  const server = use(await serve({ ...config, connections, app, admission, log }))
  log.info({ url: server.url }, 'bench is ready')
})
