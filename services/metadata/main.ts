import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { measureRegistry } from '../../platform/discovery/measure.ts'
import { openRegistry } from '../../platform/discovery/open.ts'
import type { Registry } from '../../platform/discovery/port.ts'
import { MemoryBudget } from '../../platform/http/memory-budget.ts'
import { createHealth, startProbe } from '../../platform/process/health.ts'
import { measureMemory } from '../../platform/process/memory-metrics.ts'
import { createMetrics } from '../../platform/process/metrics.ts'
import { type Running, run } from '../../platform/process/run.ts'
import { followTlsFiles } from '../../platform/process/tls-files.ts'
import { createServiceAdmission } from '../../platform/rpc/admission.ts'
import { openHostCheck } from '../../platform/server/host-check.ts'
import { measureConnections } from '../../platform/server/measure.ts'
import { type Server, serve } from '../../platform/server/serve.ts'
import { openFaults } from '../../platform/sql/sqlite-service.ts'
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
  const healthName = MetadataService.typeName
  use(await registry.register({ service: 'metadata', url: server.url, health, healthName }))
  log.info({ url: server.url }, 'metadata is ready')
  return server
}

if (import.meta.main) {
  await run('metadata', readMetadataConfig, async (running, { registry: config, ...settings }) => {
    const registry = running.use(await openRegistry(config, running.log))
    const memory = new MemoryBudget({ bytesMax: settings.memoryBytesMax })
    await startMetadata(running, settings, registry, memory)
  })
}
