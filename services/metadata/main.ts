import { MemoryBudget } from '@marquee/http/memory/budget'
import type { Server } from '@marquee/http/server/serve'
import { openRegistry } from '@marquee/registry/open'
import type { Registry } from '@marquee/registry/port'
import { startProbe } from '@marquee/service/process/health'
import { announce, createServiceParts, listen } from '@marquee/service/process/parts'
import { type Running, run } from '@marquee/service/process/run'
import { openFaults } from '@marquee/service/process/sqlite-faults'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { followStore } from './catalogue/follow.ts'
import { type MetadataOptions, readMetadataConfig } from './config.ts'
import { ratingsNotice } from './ratings/health.ts'
import { openRatings } from './ratings/open.ts'
import { createRatedMovies } from './ratings/rated-movies.ts'
import { createMetadataApp } from './service.ts'
import { openMetadataStore } from './store/open.ts'

/** Starts the metadata service; what `use` has taken stops it. */
export async function startMetadata(
  running: Running,
  options: MetadataOptions,
  registry: Registry,
  memory: MemoryBudget,
): Promise<Server> {
  const { use, log, started, workers } = running
  const parts = await createServiceParts('metadata', running, options, registry, memory)
  const { health, metrics } = parts
  const onWarning = (message: string) => log.warn(message)
  const faults = openFaults({ log, metrics, health })
  const isSharedByWorkers = workers.place?.isFirst === false
  const storeOptions = { onWarning, faults, isSharedByWorkers }
  const store = use(await openMetadataStore(options.databaseUrl, storeOptions))
  health.require('store', use(startProbe({ probe: () => store.revision() })).condition)
  const rated = createRatedMovies()
  const catalogue = followStore(store, rated)
  const { prepare } = catalogue
  const opened = await openRatings(running, options, registry, { rated, prepare })
  if (opened.ratings) health.note('ratings', ratingsNotice(opened.ratings))
  const app = createMetadataApp({ ...parts, store, catalogue, ...opened })
  const server = await listen(running, parts, options, memory, { name: 'metadata', app })
  const healthName = MetadataService.typeName
  await announce(running, parts, registry, { name: 'metadata', healthName, url: server.url })
  // Reading takes processor time that the start needs. A list that comes earlier reads it itself.
  started
    .then(() => catalogue.load())
    .then(() => log.debug('read the catalogue'))
    .catch((error) => log.warn(error, 'could not read the catalogue'))
  return server
}

if (import.meta.main) {
  await run('metadata', readMetadataConfig, async (running, { registry: config, ...options }) => {
    const registry = running.use(await openRegistry(config, running.log))
    const memory = new MemoryBudget({ bytesMax: options.memoryBytesMax })
    await startMetadata(running, options, registry, memory)
  })
}
