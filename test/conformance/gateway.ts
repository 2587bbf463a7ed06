/** Serves the suite behind the gateway, which has the suite's service at its own root. */

import { type Server, serve } from '@marquee/http/server/serve'
import { createApp } from '@marquee/service/app'
import { addForwarding } from '@marquee/service/gateway/routes'
import { openUpstream } from '@marquee/service/gateway/upstream'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import type { ServerCompatRequest } from '../../gen/connectrpc/conformance/v1/server_compat_pb.ts'
import { ConformanceService } from '../../gen/connectrpc/conformance/v1/service_pb.ts'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'
import { createConformanceApp, log, tlsOf } from './app.ts'
import { answerConfigurations } from './control.ts'

async function openGateway(request: ServerCompatRequest): Promise<Server> {
  const service = createConformanceApp(request.messageReceiveLimit)
  const { url } = await serve({ app: service, port: 0, log })
  const registry = createStaticRegistry({ addresses: { conformance: [url] } })
  const upstream = await openUpstream(registry, 'conformance')
  const drain = new AbortController().signal
  const app = createApp('gateway', {
    givesReasons: false,
    log: log.child({}, { level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(drain),
  })
  const { streams } = app.rpcOptions
  addForwarding(app, {
    path: '',
    service: 'conformance',
    upstream,
    services: [ConformanceService],
    drain,
    streams,
  })
  return serve({ app, port: 0, log, ...tlsOf(request) })
}

answerConfigurations(openGateway)
