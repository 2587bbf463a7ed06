import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { MemoryBudget } from '@marquee/http/memory/budget'
import { openHostCheck } from '@marquee/http/server/host-check'
import { type Server, serve } from '@marquee/http/server/serve'
import { openRegistry } from '@marquee/registry/open'
import type { Instance, Registry } from '@marquee/registry/port'
import { createServiceAdmission } from '@marquee/service/admission'
import { createAccessLog } from '@marquee/service/logs/access-log'
import { measureConnections } from '@marquee/service/metrics/connections'
import { measureMemory } from '@marquee/service/metrics/memory'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { measureRegistry } from '@marquee/service/metrics/registry'
import { createHealth } from '@marquee/service/process/health'
import { logReadiness } from '@marquee/service/process/readiness'
import { type Running, run } from '@marquee/service/process/run'
import { followTlsFiles } from '@marquee/service/process/tls-files'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { type MovieSettings, readMovieConfig } from './config.ts'
import { openPage } from './page.ts'
import { createMovieService } from './service.ts'
import { createSystemWatches } from './system.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

/** Starts the movie service; what `use` has taken stops it. */
export async function startMovie(
  { use, log, draining, connections, onHangUp }: Running,
  {
    corsOrigins,
    page: pageSettings,
    rpcLimits: limits,
    admissionLimits,
    retriesMax,
    ...listen
  }: MovieSettings,
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
  const known = use(await registry.watch('metadata'))
  health.require('metadata', () =>
    known.instances.length === 0 ? 'no instance of metadata is known' : undefined,
  )
  const upstream = { resolver: registry, retriesMax }
  const metadata = use(await createServiceTransport({ ...upstream, service: 'metadata' }))
  const rating = use(await createServiceTransport({ ...upstream, service: 'rating' }))
  const page = use(await openPage({ settings: pageSettings, registry, log }))
  let own: Instance | undefined
  const system = use(createSystemWatches({ registry, own: () => own }))
  const app = createMovieService({
    sources: { metadata: createMetadataSource(metadata), ratings: createRatingSource(rating) },
    page,
    system,
    log,
    logAccess: createAccessLog(log),
    metrics,
    health,
    corsOrigins,
    limits,
    hosts: await openHostCheck(listen),
    trustedProxies: listen.trustedProxies,
    admission,
  })
  const server = use(await serve({ ...listen, connections, memory, app, admission, log }))
  use(followTlsFiles({ tls: listen.tls, server, onHangUp, log }))
  use(logReadiness({ name: 'movie', health, log }))
  own = { id: `movie@${server.url}`, url: server.url }
  const healthName = MovieService.typeName
  use(await registry.register({ service: 'movie', url: server.url, health, healthName }))
  log.info({ url: server.url }, 'movie is listening')
  return server
}

if (import.meta.main) {
  await run('movie', readMovieConfig, async (running, { registry: config, ...settings }) => {
    const registry = running.use(await openRegistry(config, running.log))
    const memory = new MemoryBudget({ bytesMax: settings.memoryBytesMax })
    await startMovie(running, settings, registry, memory)
  })
}
