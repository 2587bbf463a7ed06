import { afterAll, expect, test } from 'bun:test'
import { createServer, type Server, type Socket } from 'node:net'
import { timestampMs, timestampNow } from '@bufbuild/protobuf/wkt'
import { Code, createClient, createRouterTransport } from '@connectrpc/connect'
import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import { createConnection } from '@marquee/grpc-transport/connection'
import { serve } from '@marquee/http/server/serve'
import type { Instance, Registry } from '@marquee/registry/port'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { failureOf } from '@marquee/testing/failure-of'
import { freePorts } from '@marquee/testing/free-ports'
import { startHealthServer } from '@marquee/testing/health-server'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import {
  InstanceReport_Health as Health,
  type InstanceReport,
  SystemService,
  type WatchSystemResponse,
} from '../../gen/system/v1/system_pb.ts'
import { createMovieApp } from './service.ts'
import { createSystemWatches, type SystemWatchesOptions } from './system.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

alsoOnDenoAndNode(import.meta.filename)

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

test('a report contains the health, latency and calls of each instance of each service', async () => {
  const servers = await startServers(3)
  const [movie, metadata, rating] = servers.map(({ url }, n) => ({ id: `instance-${n}`, url }))
  const bench = await setUp({ movie: [movie], metadata: [metadata], rating: [rating] })
  const watch = bench.watch()
  const { services, time } = await watch.untilReport(({ services }) =>
    services.every(({ instances }) => instances[0]?.health === Health.SERVING),
  )
  expect(time).toBeDefined()
  expect(services.map(({ service }) => service)).toEqual(['movie', 'metadata', 'rating'])
  for (const [n, { instances }] of services.entries()) {
    const url = servers[n]?.url
    expect(instances).toMatchObject([{ id: `instance-${n}`, url, unreachableReason: '' }])
    expect(instances[0]?.latency?.nanos).toBeGreaterThan(0)
    expect(instances[0]?.activity).toMatchObject({ service: 'health', problems: [] })
  }
  const [counted] = await watch.until('movie', ([one]) => one?.activity?.calls[0] !== undefined)
  const method = 'system.v1.ActivityService/GetActivity'
  expect(counted?.activity?.calls).toMatchObject([
    { protocol: 'grpc', method, codes: [{ code: 'ok' }] },
  ])
})

test('an instance that cannot handle calls is not serving, and says why', async () => {
  const [server] = await startServers(1)
  const bench = await setUp({ rating: [{ id: 'rating-1', url: server?.url ?? '' }] })
  const watch = bench.watch()
  await watch.until('rating', ([one]) => one?.health === Health.SERVING)
  server?.setProblem('the disk is full')
  const problems = [{ name: 'test', reason: 'the disk is full', affectsCalls: true }]
  const report = await watch.until('rating', ([one]) => one?.health === Health.NOT_SERVING)
  expect(report).toMatchObject([{ activity: { problems } }])
  server?.setProblem(undefined)
  await watch.until('rating', ([one]) => one?.health === Health.SERVING)
})

test('an instance that is down or silent is unreachable, and does not delay others', async () => {
  const [server] = await startServers(1)
  const silent = await startSilentServer()
  const [port] = await freePorts(1)
  const instances = [
    { id: '1 well', url: server?.url ?? '' },
    { id: '2 down', url: `http://127.0.0.1:${port}` },
    { id: '3 silent', url: silent.url },
  ]
  const bench = await setUp({ rating: instances }, { timeoutMs: 3_000 })
  const watch = bench.watch()
  const [, down, late] = await watch.until(
    'rating',
    ([well, down]) => well?.health === Health.SERVING && down?.health === Health.UNREACHABLE,
  )
  expect(down?.unreachableReason).toContain(`cannot reach http://127.0.0.1:${port}`)
  expect(late).toMatchObject({ health: Health.UNSPECIFIED })
  const isKnown = ([, , last]: InstanceReport[]) => last?.health === Health.UNREACHABLE
  const [stillWell, , known] = await watch.until('rating', isKnown)
  expect(stillWell).toMatchObject({ health: Health.SERVING })
  expect(known).toMatchObject({ unreachableReason: 'no response within 3000 ms' })
})

test('the last report of an instance is kept while it is unreachable, and replaced when it is back', async () => {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const bench = await setUp({ rating: [{ id: 'rating-1', url }] })
  const first = await startHealthServer(port)
  const watch = bench.watch()
  await watch.until('rating', ([one]) => one?.health === Health.SERVING)
  await first[Symbol.asyncDispose]()
  const away = await watch.until('rating', ([one]) => one?.health === Health.UNREACHABLE)
  expect(away).toMatchObject([{ activity: { service: 'health' } }])
  await using _second = await startHealthServer(port)
  const back = await watch.until('rating', ([one]) => one?.health === Health.SERVING)
  expect(back).toMatchObject([{ unreachableReason: '' }])
})

test('an instance that joins is reported, and one that leaves is not reported any longer', async () => {
  const [one, other] = (await startServers(2)).map(({ url }, n) => ({ id: `rating-${n}`, url }))
  const bench = await setUp({ rating: [one] })
  const watch = bench.watch()
  expect(await watch.next()).toMatchObject([{ id: 'rating-0' }])
  bench.setInstances({ rating: [other, one] })
  const both = await watch.until('rating', ({ length }) => length === 2)
  expect(both).toMatchObject([{ id: 'rating-0' }, { id: 'rating-1' }])
  bench.setInstances({ rating: [other] })
  await watch.until('rating', ([first, second]) => first?.id === 'rating-1' && !second)
  await waitFor(() => bench.connections() === 1, { what: 'the connection of the other to close' })
})

test('this instance is reported even when the registry does not list it', async () => {
  const [server] = await startServers(1)
  const bench = await setUp({})
  bench.system.setOwn({ id: 'movie@here', url: server?.url ?? '' })
  const { services } = await bench
    .watch()
    .untilReport(({ services }) => services[0]?.instances[0]?.health === Health.SERVING)
  expect(services).toMatchObject([
    { service: 'movie', instances: [{ id: 'movie@here' }] },
    { service: 'metadata', instances: [] },
    { service: 'rating', instances: [] },
  ])
})

test('all watches share the probes, which end with the last watch', async () => {
  const rating = (await startServers(2)).map(({ url }, n) => ({ id: `rating-${n}`, url }))
  const bench = await setUp({ rating })
  expect([bench.registryWatches(), bench.connections()]).toEqual([0, 0])
  const watches = [bench.watch(), bench.watch(), bench.watch()]
  for (const watch of watches) expect(await watch.next()).toHaveLength(2)
  expect([bench.registryWatches(), bench.opened()]).toEqual([3, 2])
  watches[0]?.leave()
  watches[1]?.leave()
  expect(await watches[2]?.next()).toHaveLength(2)
  expect(bench.opened()).toBe(2)
  watches[2]?.leave()
  await waitFor(() => bench.registryWatches() === 0 && bench.connections() === 0, {
    what: 'the work to end',
  })
  expect(await bench.watch().next()).toHaveLength(2)
  expect(bench.opened()).toBe(4)
})

test('the probes go on for a while after the last watch, so that the next one has samples', async () => {
  const [server] = await startServers(1)
  const rating = [{ id: 'rating-0', url: server?.url ?? '' }]
  const bench = await setUp({ rating }, { lingerMs: 60_000 })
  const watch = bench.watch()
  await watch.next()
  watch.leave()
  expect(await bench.watch().next()).toHaveLength(1)
  expect([bench.registryWatches(), bench.opened()]).toEqual([3, 1])
})

test('a report says since when an instance has its health', async () => {
  const [port] = await freePorts(1)
  const bench = await setUp({ rating: [{ id: 'rating-1', url: `http://127.0.0.1:${port}` }] })
  const watch = bench.watch()
  const isDown = ([one]: InstanceReport[]) => one?.health === Health.UNREACHABLE
  const [first] = await watch.until('rating', isDown)
  const [second] = await watch.until('rating', isDown)
  expect(first?.healthTime).toBeDefined()
  expect(second?.healthTime).toEqual(first?.healthTime)
  await using _server = await startHealthServer(port)
  const [up] = await watch.until('rating', ([one]) => one?.health === Health.SERVING)
  expect(timestampMs(up?.healthTime ?? timestampNow())).toBeGreaterThan(
    timestampMs(first?.healthTime ?? timestampNow()),
  )
})

test('the last calls of all instances are listed, with the reason why one does not respond', async () => {
  const [server] = await startServers(1)
  const [port] = await freePorts(1)
  const bench = await setUp({
    metadata: [{ id: 'metadata-1', url: `http://127.0.0.1:${port}` }],
    rating: [{ id: 'rating-1', url: server?.url ?? '' }],
  })
  const headers = { 'x-request-id': 'traced' }
  await fetch(`${server?.url}/nowhere`, { headers })
  await fetch(`${server?.url}/nowhere`)
  const all = await bench.client.listSystemCalls({ requestId: 'traced' })
  expect(all.instances).toMatchObject([
    { service: 'metadata', id: 'metadata-1', calls: [] },
    { service: 'rating', id: 'rating-1', calls: [{ method: 'unknown', requestId: 'traced' }] },
  ])
  expect(all.instances[0]?.unreachableReason).toContain('cannot reach')
  const { instances } = await bench.client.listSystemCalls({ service: 'rating', pageSize: 1 })
  expect(instances).toMatchObject([{ service: 'rating', calls: [{ method: 'unknown' }] }])
  await waitFor(() => bench.registryWatches() === 0, { what: 'the probes to end' })
})

test('a watch ends with UNAVAILABLE when the service shuts down', async () => {
  const bench = await setUp({})
  const watch = bench.watch()
  await watch.next()
  bench.draining.abort(new ShutdownError())
  const error = await failureOf(watch.until('rating', () => false))
  expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: new ShutdownError().message })
})

test('watches over the maximum are refused', async () => {
  const bench = await setUp({}, { watchesMax: 1 })
  await bench.watch().next()
  expect((await failureOf(bench.watch().next())).code).toBe(Code.ResourceExhausted)
})

test('a watch fails when the registry does', async () => {
  const bench = await setUp(
    {},
    { registry: { watch: () => Promise.reject(new Error('no registry')) } },
  )
  expect((await failureOf(bench.watch().next())).code).toBe(Code.Internal)
})

type Instances = Readonly<Record<string, readonly (Instance | undefined)[]>>

/** Starts the movie service on a port, with a registry that knows these instances. */
async function setUp(known: Instances, options: Partial<SystemWatchesOptions> = {}) {
  let instances = known
  let registryWatches = 0
  let opened = 0
  let closed = 0
  const registry: Pick<Registry, 'watch'> = {
    async watch(service) {
      registryWatches++
      return {
        get instances() {
          return (instances[service] ?? []).flatMap((one) => one ?? [])
        },
        [Symbol.dispose]: () => void registryWatches--,
      }
    },
  }
  function connect(instance: Instance) {
    opened++
    const { transport, close } = createConnection(instance)
    return {
      transport,
      close() {
        closed++
        close()
      },
    }
  }
  const timing = { intervalMs: 100, lingerMs: 0 }
  const system = createSystemWatches({ registry, connect, ...timing, ...options })
  stack.use(system)
  const log = pino({ level: 'silent' })
  const draining = new AbortController()
  const nothing = createRouterTransport(() => {})
  const app = createMovieApp({
    sources: { metadata: createMetadataSource(nothing), ratings: createRatingSource(nothing) },
    system,
    log,
    metrics: createMetrics(),
    health: createHealth(draining.signal),
  })
  const server = stack.use(await serve({ app, log, port: 0 }))
  const { transport, close } = createConnection(server)
  stack.defer(close)
  const client = createClient(SystemService, transport)
  return {
    system,
    client,
    draining,
    registryWatches: () => registryWatches,
    /** Number of connections opened so far, and now open. */
    opened: () => opened,
    connections: () => opened - closed,
    setInstances(changed: Instances) {
      instances = changed
    },
    watch: () => startWatch(client.watchSystem.bind(client)),
  }
}

interface SystemWatch {
  /** Returns the instances of rating in the next report. */
  next(): Promise<InstanceReport[]>
  /** Returns the instances of a service in the first report in which they satisfy `isSo`. */
  until(service: string, isSo: (found: InstanceReport[]) => boolean): Promise<InstanceReport[]>
  /** Returns the first report that satisfies `isSo`. */
  untilReport(isSo: (report: WatchSystemResponse) => boolean): Promise<WatchSystemResponse>
  leave(): void
}

function startWatch(
  open: (request: object, options: { signal: AbortSignal }) => AsyncIterable<WatchSystemResponse>,
): SystemWatch {
  const left = new AbortController()
  stack.defer(() => left.abort())
  const reports = open({}, left)[Symbol.asyncIterator]()
  async function untilReport(isSo: (report: WatchSystemResponse) => boolean) {
    for (;;) {
      const { done, value } = await reports.next()
      if (done) throw new Error('the watch has ended')
      if (isSo(value)) return value
    }
  }
  async function until(service: string, isSo: (found: InstanceReport[]) => boolean) {
    return instancesOf(await untilReport((report) => isSo(instancesOf(report, service))), service)
  }
  return {
    next: () => until('rating', () => true),
    until,
    untilReport,
    leave: () => left.abort(),
  }
}

function instancesOf({ services }: WatchSystemResponse, name: string): InstanceReport[] {
  return services.find(({ service }) => service === name)?.instances ?? []
}

async function startServers(count: number) {
  const servers = await Promise.all(Array.from({ length: count }, () => startHealthServer()))
  for (const server of servers) stack.use(server)
  return servers
}

/** Starts a server that accepts connections, and never responds. */
async function startSilentServer(): Promise<{ url: string }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).resume()
  })
  stack.defer(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it has no port')
  return { url: `http://127.0.0.1:${address.port}` }
}
