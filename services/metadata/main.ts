import { openRegistry } from '../../platform/discovery/open.ts'
import type { Registry } from '../../platform/discovery/port.ts'
import { createHealth, startProbe } from '../../platform/process/health.ts'
import { createMetrics } from '../../platform/process/metrics.ts'
import { type Running, run } from '../../platform/process/run.ts'
import { type Server, serve } from '../../platform/server/serve.ts'
import { type MetadataConfig, readMetadataConfig } from './config.ts'
import { createMetadataService } from './service.ts'
import { openMetadataStore } from './store/open.ts'

/** Starts the metadata service; what `use` has taken stops it. */
export async function startMetadata(
  { use, log, draining }: Running,
  { databaseUrl, corsOrigins, ...listen }: MetadataConfig,
  registry: Registry,
): Promise<Server> {
  const metrics = createMetrics()
  const health = createHealth(draining)
  const store = use(await openMetadataStore(databaseUrl))
  health.require('store', use(startProbe({ probe: () => store.revision() })).condition)
  const app = createMetadataService({ store, log, metrics, health, corsOrigins })
  const server = use(await serve({ ...listen, app, log }))
  use(await registry.register({ service: 'metadata', url: server.url }))
  log.info({ url: server.url }, 'metadata is ready')
  return server
}

if (import.meta.main) {
  await run('metadata', readMetadataConfig, async (running, config) => {
    const registry = running.use(await openRegistry({ kind: 'static', addresses: {} }))
    await startMetadata(running, config, registry)
  })
}
