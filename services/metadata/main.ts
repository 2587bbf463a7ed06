import { MemoryBudget } from '@marquee/http/memory/budget'
import { openHostCheck } from '@marquee/http/server/host-check'
import { type Server, serve } from '@marquee/http/server/serve'
import { openRegistry } from '@marquee/registry/open'
import type { Registry } from '@marquee/registry/port'
import { createServiceAdmission } from '@marquee/service/admission'
import { createAccessLog } from '@marquee/service/logs/access-log'
import { measureConnections } from '@marquee/service/metrics/connections'
import { measureMemory } from '@marquee/service/metrics/memory'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { measureRegistry } from '@marquee/service/metrics/registry'
import { createHealth, startProbe } from '@marquee/service/process/health'
import { logReadiness } from '@marquee/service/process/readiness'
import { type Running, run } from '@marquee/service/process/run'
import { openFaults } from '@marquee/service/process/sqlite-faults'
import { followTlsFiles } from '@marquee/service/process/tls-files'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { type MetadataSettings, readMetadataConfig } from './config.ts'
import { createMetadataService } from './service.ts'
import { openMetadataStore } from './store/open.ts'

/** Starts the metadata service; what `use` has taken stops it. */
export async function startMetadata(
  { use, log, draining, connections, onHangUp }: Running,
  { databaseUrl, corsOrigins, rpcLimits: limits, admissionLimits, ...listen }: MetadataSettings,
  registry: Registry,
  memory: MemoryBudget,
): Promise<Server> {
  const metrics = createMetrics()
  measureRegistry(metrics, registry)
  measureConnections(metrics, connections)
  measureMemory(metrics, memory)
  const health = createHealth(draining)
  const admission = createServiceAdmission({
    log,
    metrics,
    limits: admissionLimits,
    corsOrigins,
  })
  const onWarning = (message: string) => log.warn(message)
  const faults = openFaults({ log, metrics, health })
  const store = use(await openMetadataStore(databaseUrl, { onWarning, faults }))
  health.require('store', use(startProbe({ probe: () => store.revision() })).condition)
  const hosts = await openHostCheck(listen)
  const app = createMetadataService({
    store,
    log,
    logAccess: createAccessLog(log),
    metrics,
    health,
    corsOrigins,
    hosts,
    trustedProxies: listen.trustedProxies,
    limits,
    admission,
  })
  const server = use(await serve({ ...listen, connections, memory, app, admission, log }))
  use(followTlsFiles({ tls: listen.tls, server, onHangUp, log }))
  use(logReadiness({ name: 'metadata', health, log }))
  const healthName = MetadataService.typeName
  use(await registry.register({ service: 'metadata', url: server.url, health, healthName }))
  log.info({ url: server.url }, 'metadata is listening')
  return server
}

if (import.meta.main) {
  await run('metadata', readMetadataConfig, async (running, { registry: config, ...settings }) => {
    const registry = running.use(await openRegistry(config, running.log))
    const memory = new MemoryBudget({ bytesMax: settings.memoryBytesMax })
    await startMetadata(running, settings, registry, memory)
  })
}
