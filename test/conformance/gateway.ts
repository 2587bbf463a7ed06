/** The same behind the gateway, which has the suite's service at its own root. */
import type { ServerCompatRequest } from '../../gen/connectrpc/conformance/v1/server_compat_pb.ts'
import { ConformanceService } from '../../gen/connectrpc/conformance/v1/service_pb.ts'
import { createStaticRegistry } from '../../platform/discovery/static.ts'
import { addForwarding } from '../../platform/gateway/routes.ts'
import { openUpstream } from '../../platform/gateway/upstream.ts'
import { createHealth } from '../../platform/process/health.ts'
import { createMetrics } from '../../platform/process/metrics.ts'
import { createServiceApp } from '../../platform/rpc/app.ts'
import { type Server, serve } from '../../platform/server/serve.ts'
import { createConformanceApp, log, tlsOf } from './app.ts'
import { answerConfigurations } from './control.ts'

async function openGateway(request: ServerCompatRequest): Promise<Server> {
  const service = createConformanceApp(request.messageReceiveLimit)
  const { url } = await serve({ app: service, port: 0, log })
  const registry = createStaticRegistry({ addresses: { conformance: [url] } })
  const upstream = await openUpstream(registry, 'conformance')
  const drain = new AbortController().signal
  const app = createServiceApp({
    log: log.child({}, { level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(drain),
    name: 'gateway',
    services: [],
    mount({ app: routes, streams }) {
      addForwarding(routes, { path: '', upstream, services: [ConformanceService], drain, streams })
    },
  })
  return serve({ app, port: 0, log, ...tlsOf(request) })
}

answerConfigurations(openGateway)
