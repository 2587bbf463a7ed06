import type { Registry } from '../../platform/discovery/port.ts'
import { startProbe } from '../../platform/process/health.ts'
import { type Running, run } from '../../platform/process/run.ts'
import { type Server, serve } from '../../platform/server/serve.ts'
import { type MetadataConfig, readMetadataConfig } from './config.ts'
import { createMetadataService } from './service.ts'
import { openMetadataStore } from './store/open.ts'

/** Starts the metadata service, to be stopped with what `use` has taken. */
export async function startMetadata(
  { use, log, metrics, health }: Running,
  { databaseUrl, ...listen }: MetadataConfig,
  registry: Registry,
): Promise<Server> {
  const store = use(await openMetadataStore(databaseUrl))
  health.require('store', use(startProbe({ probe: () => store.revision() })).condition)
  const app = createMetadataService({ store, log, metrics, health })
  const server = use(await serve({ ...listen, app, log }))
  use(await registry.register({ service: 'metadata', url: server.url }))
  return server
}

if (import.meta.main) {
  await run('metadata', readMetadataConfig, async (running, config) => {
    await startMetadata(running, config, {} as Registry)
  })
}
