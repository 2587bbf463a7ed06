import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { MemoryBudget } from '@marquee/http/memory/budget'
import type { Server } from '@marquee/http/server/serve'
import { openRegistry } from '@marquee/registry/open'
import type { Registry } from '@marquee/registry/port'
import { callAs, createServiceToken } from '@marquee/service/auth/service-token'
import { openSignIn } from '@marquee/service/auth/session/open'
import { countCalls } from '@marquee/service/metrics/client-calls'
import { announce, createServiceParts, listen } from '@marquee/service/process/parts'
import { type Running, run } from '@marquee/service/process/run'
import { traceTransport } from '@marquee/service/telemetry/transport'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { type MovieOptions, readMovieConfig } from './config.ts'
import { openDoor } from './door.ts'
import { watchMetadataAccess } from './metadata-access.ts'
import { openPage } from './page.ts'
import { createMovieApp } from './service.ts'
import { createSystemWatches } from './system.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

/** Starts the movie service; what `use` has taken stops it. */
export async function startMovie(
  running: Running,
  options: MovieOptions,
  registry: Registry,
  memory: MemoryBudget,
): Promise<Server> {
  const { use, log } = running
  const parts = await createServiceParts('movie', running, options, registry, memory)
  const { health } = parts
  const known = use(await registry.watch('metadata'))
  health.require('metadata', () =>
    known.instances.length === 0 ? 'no instance of metadata is known' : undefined,
  )
  const upstream = { resolver: registry, retriesMax: options.retriesMax }
  const token = options.identity && (await createServiceToken(options.identity))
  if (parts.auth?.verifier && !token) {
    log.warn('without --service-key, the other services refuse to report their activity')
  }
  const connect = async (service: string) => {
    const transport = use(await createServiceTransport({ ...upstream, service }))
    const counted = countCalls(transport, service, parts.metrics.clients)
    return callAs(token, traceTransport(counted, service))
  }
  const metadata = await connect('metadata')
  const rating = await connect('rating')
  if (token) health.require('access', use(watchMetadataAccess(metadata)).condition)
  const verifier = parts.auth?.verifier
  const signIn = options.signIn && verifier && (await openSignIn(options.signIn, verifier, log))
  const config = { ...options.page, hasSignIn: signIn !== undefined }
  const page = await openPage({ config, log })
  const door = use(await openDoor(registry))
  const system = use(createSystemWatches({ registry, token }))
  const app = createMovieApp({
    ...parts,
    ...(parts.auth && { auth: { ...parts.auth, tokenOf: signIn?.tokenOf } }),
    signIn,
    sources: { metadata: createMetadataSource(metadata), ratings: createRatingSource(rating) },
    door,
    page,
    system,
  })
  const server = await listen(running, parts, options, memory, { name: 'movie', app })
  system.setOwn({ id: `movie@${server.url}`, url: server.url })
  const healthName = MovieService.typeName
  await announce(running, parts, registry, { name: 'movie', healthName, url: server.url })
  return server
}

if (import.meta.main) {
  await run('movie', readMovieConfig, async (running, { registry: config, ...options }) => {
    const registry = running.use(await openRegistry(config, running.log))
    const memory = new MemoryBudget({ bytesMax: options.memoryBytesMax })
    await startMovie(running, options, registry, memory)
  })
}
