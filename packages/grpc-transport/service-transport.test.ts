import { expect, test } from 'bun:test'
import { once } from 'node:events'
import * as http2 from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { Code, ConnectError, createClient, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import type { Registry } from '@marquee/registry/port'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { GetRatingRequestSchema, RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createInProcessRegistry } from '../registry/in-process/in-process.ts'
import { streamBounds } from './pool/session-pool.ts'
import {
  createServiceTransport,
  type ServiceTransportOptions,
  silenceMs,
} from './service-transport.ts'

alsoOnDenoAndNode(import.meta.filename)

const seenTimeoutMs = 30_000
const seenPollMs = 2
/** Keeps a busy machine from ending a call that the test is not about. */
const patient = { timeoutMs: 20_000 }
/** Picks the first instance while it is in use, and stops the time. */
const firstAlways = { random: () => 0, clock: () => 0 }
const record = { recordId: '1', recordType: 'movie' }

test('calls are spread over the instances, each on one connection', async () => {
  await using first = await startServer(responding)
  await using second = await startServer(responding)
  await using setup = await connect([first, second])
  const responses = await Promise.all(
    Array.from({ length: 500 }, (_, index) =>
      setup.client.getRating({ ...record, userId: `${index}` }, patient),
    ),
  )
  expect(responses.map(({ rating }) => rating?.userId)).toEqual(
    responses.map((_, index) => `${index}`),
  )
  expect(first.callCount).toBe(250)
  expect(second.callCount).toBe(250)
  expect([first.connectionCount, second.connectionCount]).toEqual([1, 1])
})

test('unary calls do not wait for long streams that use all the instance allows', async () => {
  await using server = await startServer({ ...ticking, ...responding }, 0, 2)
  await using setup = await connect([server])
  const controller = new AbortController()
  const { signal } = controller
  const streams = Array.from({ length: 3 * streamBounds.sessionsMax }, async () => {
    for await (const _ of setup.client.watchAggregatedRatings({}, { signal }));
  })
  const failures = Promise.all(streams.map(failureOf))
  await until(() => server.callCount === 2 * streamBounds.sessionsMax)
  expect((await setup.client.getRating(record, patient)).rating?.value).toBe(5)
  controller.abort()
  expect(new Set((await failures).map(({ code }) => code))).toEqual(new Set([Code.Canceled]))
})

test('request headers reach the service', async () => {
  const requestIds: (string | null)[] = []
  await using server = await startServer({
    getRating(_, { requestHeader }) {
      requestIds.push(requestHeader.get('x-request-id'))
      return {}
    },
  })
  await using setup = await connect([server])
  await setup.client.getRating({}, { ...patient, headers: { 'x-request-id': 'r-1' } })
  expect(requestIds).toEqual(['r-1'])
})

test('an error of the service keeps its code, message and details', async () => {
  const detail = { desc: GetRatingRequestSchema, value: { recordId: '7' } }
  await using server = await startServer({
    getRating() {
      throw new ConnectError('nobody rated 7', Code.NotFound, undefined, [detail])
    },
  })
  await using setup = await connect([server])
  const error = await failureOf(setup.client.getRating({}, patient))
  expect(error.code).toBe(Code.NotFound)
  expect(error.rawMessage).toBe('nobody rated 7')
  expect(error.findDetails(GetRatingRequestSchema).map(({ recordId }) => recordId)).toEqual(['7'])
  expect(server.callCount).toBe(1)
})

test('a call with no instance known fails with UNAVAILABLE and names the service', async () => {
  await using setup = await connect([])
  const error = await failureOf(setup.client.getRating({}, patient))
  expect(error.code).toBe(Code.Unavailable)
  expect(error.rawMessage).toContain('rating')
})

test('safe calls succeed on another instance when their instance crashes', async () => {
  await using dying = await startServer(silent)
  await using healthy = await startServer(responding)
  await using setup = await connect([dying, healthy])
  const calls = Array.from({ length: 8 }, () => setup.client.getRating(record, patient))
  await until(() => dying.callCount === 4)
  await dying.kill()
  expect(await Promise.allSettled(calls.map(async (call) => (await call).rating?.value))).toEqual(
    calls.map(() => ({ status: 'fulfilled', value: 5 })),
  )
  for (let index = 0; index < 20; index++) await setup.client.getRating(record, patient)
  expect(healthy.callCount).toBe(28)
})

test('calls that could not be sent are retried on other instances without the budget', async () => {
  await using gone = await startServer(responding)
  await using healthy = await startServer(responding)
  await using setup = await connect([gone, healthy])
  await gone.kill()
  const calls = Array.from({ length: 100 }, () => setup.client.getRating(record, patient))
  expect((await Promise.all(calls)).map(({ rating }) => rating?.value)).toEqual(calls.map(() => 5))
})

test('a call that fails with UNAVAILABLE moves to another instance, and the first is soon ejected', async () => {
  await using failing = await startServer(unavailable)
  await using healthy = await startServer(responding)
  await using setup = await connect([failing, healthy], firstAlways)
  for (let index = 0; index < 10; index++) await setup.client.getRating(record, patient)
  expect([failing.callCount, healthy.callCount]).toEqual([3, 10])
})

test('an instance that responds with NOT_FOUND counts as healthy', async () => {
  await using first = await startServer({
    getRating: () => Promise.reject(new ConnectError('nobody rated it', Code.NotFound)),
  })
  await using second = await startServer(responding)
  await using setup = await connect([first, second], firstAlways)
  for (let index = 0; index < 10; index++) {
    expect((await failureOf(setup.client.getRating(record, patient))).code).toBe(Code.NotFound)
  }
  expect([first.callCount, second.callCount]).toEqual([10, 0])
})

test('an instance that stays silent until the deadline is ejected', async () => {
  await using first = await startServer(silent)
  await using second = await startServer(responding)
  let nowMs = 0
  await using setup = await connect([first, second], { ...firstAlways, clock: () => nowMs })
  for (let index = 1; index <= 3; index++) {
    const call = failureOf(setup.client.getRating(record, { timeoutMs: 50 }))
    nowMs += silenceMs
    expect((await call).code).toBe(Code.DeadlineExceeded)
  }
  await setup.client.getRating(record, patient)
  expect(second.callCount).toBe(1)
})

test('an idempotent call is attempted three times at most', async () => {
  await using server = await startServer(unavailable)
  await using setup = await connect([server])
  const error = await failureOf(setup.client.putRating({}, patient))
  expect(error.code).toBe(Code.Unavailable)
  expect(error.rawMessage).toBe('draining')
  expect(server.callCount).toBe(3)
})

test('a call without an idempotency level is not retried', async () => {
  await using server = await startServer({
    async importRatings(ratings) {
      for await (const _ of ratings) throw new ConnectError('draining', Code.Unavailable)
      return {}
    },
  })
  await using other = await startServer({ importRatings: () => Promise.reject(draining()) })
  await using setup = await connect([server, other])
  const error = await failureOf(setup.client.importRatings(endless()))
  expect(error.code).toBe(Code.Unavailable)
  expect(server.callCount + other.callCount).toBe(1)
})

test('a stream in either direction fails with UNAVAILABLE when its instance crashes', async () => {
  await using server = await startServer({
    ...ticking,
    async importRatings(ratings) {
      for await (const _ of ratings);
      return {}
    },
  })
  await using setup = await connect([server])
  const down = (async () => {
    for await (const _ of setup.client.watchAggregatedRatings({}));
  })()
  const up = setup.client.importRatings(endless())
  await until(() => server.callCount === 2)
  await server.kill()
  expect((await failureOf(down)).code).toBe(Code.Unavailable)
  expect((await failureOf(up)).code).toBe(Code.Unavailable)
})

test('an error of the request messages is no failure of the instance', async () => {
  await using server = await startServer({ importRatings: () => new Promise(() => {}) })
  await using setup = await connect([server])
  const error = await failureOf(
    setup.client.importRatings(
      (async function* () {
        yield {}
        throw new ConnectError('the file is broken', Code.DataLoss)
      })(),
    ),
  )
  expect(error.code).toBe(Code.DataLoss)
})

test('a service that keeps failing exhausts the retry budget', async () => {
  await using server = await startServer(unavailable)
  await using setup = await connect([server], firstAlways)
  for (let index = 0; index < 200; index++) {
    await failureOf(setup.client.getRating({}, patient))
  }
  expect(server.callCount).toBeLessThan(1.1 * 200)
})

test('a deadline ends a call that gets no response', async () => {
  await using server = await startServer(silent)
  await using setup = await connect([server])
  const call = setup.client.getRating(record, { timeoutMs: 100 })
  expect((await failureOf(call)).code).toBe(Code.DeadlineExceeded)
})

test('a call without a deadline of its own gets the default', async () => {
  const timeouts: (number | undefined)[] = []
  await using server = await startServer({
    getRating(_, { timeoutMs }) {
      timeouts.push(timeoutMs())
      return {}
    },
  })
  await using setup = await connect([server])
  await setup.client.getRating({})
  expect(timeouts[0]).toBeGreaterThan(0)
  expect(timeouts[0]).toBeLessThanOrEqual(2_000)
})

test('a call whose deadline has passed is not sent', async () => {
  await using server = await startServer(responding)
  await using setup = await connect([server])
  const error = await failureOf(setup.client.getRating(record, { timeoutMs: 0 }))
  expect(error.code).toBe(Code.DeadlineExceeded)
  expect(server.callCount).toBe(0)
})

test('cancelling a call cancels it at the service', async () => {
  await using server = await startServer(silent)
  await using setup = await connect([server])
  const controller = new AbortController()
  const call = failureOf(setup.client.getRating(record, { ...patient, signal: controller.signal }))
  await until(() => server.callCount === 1)
  controller.abort()
  expect((await call).code).toBe(Code.Canceled)
  await until(() => server.cancelledCount === 1)
})

test('a server stream arrives message by message and can be cancelled', async () => {
  await using server = await startServer(ticking)
  await using setup = await connect([server])
  const controller = new AbortController()
  const { signal } = controller
  const ids: (string | undefined)[] = []
  const reading = (async () => {
    for await (const message of setup.client.watchAggregatedRatings({}, { signal })) {
      ids.push(message.aggregatedRating?.recordId)
      if (ids.length === 3) controller.abort()
    }
  })()
  expect((await failureOf(reading)).code).toBe(Code.Canceled)
  expect(ids).toEqual(['0', '1', '2'])
  await until(() => server.cancelledCount === 1)
})

test('calls reach an instance that restarts on the same port', async () => {
  const server = await startServer(responding)
  await using setup = await connect([server])
  await setup.client.getRating(record, patient)
  await server.kill()
  expect((await failureOf(setup.client.getRating(record, patient))).code).toBe(Code.Unavailable)
  await using restarted = await startServer(responding, server.port)
  await setup.client.getRating(record, patient)
  expect(restarted.callCount).toBe(1)
})

test('an instance that shuts down finishes its calls, and new ones go to others', async () => {
  const { promise: released, resolve } = Promise.withResolvers<void>()
  await using leaving = await startServer({
    async getRating() {
      await released
      return { rating: { value: 4 } }
    },
  })
  await using staying = await startServer(responding)
  await using setup = await connect([leaving, staying], firstAlways)
  const call = setup.client.getRating(record, patient)
  await until(() => leaving.callCount === 1)
  leaving.goAway()
  for (let index = 0; index < 10; index++) await setup.client.getRating(record, patient)
  resolve()
  expect((await call).rating?.value).toBe(4)
  expect([leaving.callCount, staying.callCount]).toEqual([1, 10])
  await until(() => leaving.openCount === 0)
})

test('the connection to an instance that left closes after its last call', async () => {
  const { promise: over, resolve: endStream } = Promise.withResolvers<void>()
  await using leaving = await startServer({
    async *watchAggregatedRatings() {
      yield {}
      yield {}
      await over
    },
  })
  await using staying = await startServer(responding)
  await using setup = await connect([leaving])
  const messages = setup.client.watchAggregatedRatings({})[Symbol.asyncIterator]()
  await messages.next()
  await setup.registry.register({ service: 'rating', url: staying.url })
  await setup.announced[0]?.[Symbol.asyncDispose]()
  await setup.client.getRating(record, patient)
  expect((await messages.next()).done).toBe(false)
  expect(leaving.openCount).toBe(1)
  endStream()
  while (!(await messages.next()).done);
  await until(() => leaving.openCount === 0)
})

test('a stream that is cancelled while nobody reads it holds no connection', async () => {
  await using leaving = await startServer(ticking)
  await using setup = await connect([leaving])
  const controller = new AbortController()
  const { signal } = controller
  const messages = setup.client.watchAggregatedRatings({}, { signal })[Symbol.asyncIterator]()
  await messages.next()
  await setup.announced[0]?.[Symbol.asyncDispose]()
  controller.abort()
  await until(() => leaving.openCount === 0)
})

test('disposal waits for calls in flight, refuses new ones, and closes the connections', async () => {
  const { promise: released, resolve } = Promise.withResolvers<void>()
  await using server = await startServer({
    async getRating() {
      await released
      return { rating: { value: 4 } }
    },
  })
  const setup = await connect([server], { drainTimeoutMs: 5_000 })
  const call = setup.client.getRating({}, patient)
  await until(() => server.callCount === 1)
  const disposed = setup[Symbol.asyncDispose]()
  expect((await failureOf(setup.client.getRating({}, patient))).code).toBe(Code.Unavailable)
  resolve()
  expect((await call).rating?.value).toBe(4)
  await disposed
  await until(() => server.openCount === 0)
})

test('disposal ends a call that lasts longer than its timeout', async () => {
  await using server = await startServer(silent)
  const setup = await connect([server], { drainTimeoutMs: 20 })
  const call = failureOf(setup.client.getRating(record, patient))
  await until(() => server.callCount === 1)
  await setup[Symbol.asyncDispose]()
  expect((await call).code).toBe(Code.Unavailable)
  expect(server.callCount).toBe(1)
})

type Implementation = Partial<ServiceImpl<typeof RatingService>>

const responding: Implementation = {
  getRating: (request) => ({ rating: { userId: request.userId, value: 5 } }),
}
const silent: Implementation = { getRating: () => new Promise(() => {}) }
const unavailable: Implementation = {
  getRating: () => Promise.reject(draining()),
  putRating: () => Promise.reject(draining()),
}
const ticking: Implementation = {
  async *watchAggregatedRatings(_, { signal }) {
    for (let tick = 0; !signal.aborted; tick++) {
      yield { aggregatedRating: { recordId: `${tick}` } }
      await wait(1)
    }
  },
}

function draining(): ConnectError {
  return new ConnectError('draining', Code.Unavailable)
}

async function* endless() {
  for (;;) {
    yield { rating: record }
    await wait(1)
  }
}

/** A rating service on HTTP/2 that counts what happens to it. */
async function startServer(implementation: Implementation, port = 0, maxConcurrentStreams = 256) {
  const counts = { callCount: 0, cancelledCount: 0, connectionCount: 0, openCount: 0 }
  const sockets = new Set<Socket>()
  const handler = connectNodeAdapter({
    routes: (router) => router.service(RatingService, implementation),
    interceptors: [
      (next) => (request) => {
        counts.callCount++
        request.signal.addEventListener('abort', () => counts.cancelledCount++)
        return next(request)
      },
    ],
  })
  const server = http2.createServer({ settings: { maxConcurrentStreams } }, handler)
  const sessions = new Set<http2.ServerHttp2Session>()
  server.on('session', (session) => sessions.add(session))
  server.on('connection', (socket: Socket) => {
    counts.connectionCount++
    counts.openCount++
    sockets.add(socket)
    socket.on('close', () => {
      counts.openCount--
      sockets.delete(socket)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: boundPort } = server.address() as AddressInfo
  const kill = async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await until(() => !server.listening)
  }
  return Object.assign(counts, {
    url: `http://127.0.0.1:${boundPort}`,
    port: boundPort,
    kill,
    goAway() {
      server.close()
      for (const session of sessions) session.close()
    },
    [Symbol.asyncDispose]: kill,
  })
}

/** A client of the rating service that finds the servers. */
async function connect(
  servers: readonly { readonly url: string }[],
  options: Omit<ServiceTransportOptions, 'resolver' | 'service'> = {},
) {
  const registry: Registry = createInProcessRegistry()
  const announced = await Promise.all(
    servers.map(({ url }) => registry.register({ service: 'rating', url })),
  )
  const transport = await createServiceTransport({
    resolver: registry,
    service: 'rating',
    drainTimeoutMs: 0,
    ...options,
  })
  return {
    registry,
    announced,
    client: createClient(RatingService, transport),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
}

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const [result] = await Promise.allSettled([call])
  if (result?.status !== 'rejected') throw new Error('the call did not fail')
  return ConnectError.from(result.reason)
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + seenTimeoutMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not so within the time: ${condition}`)
    await wait(seenPollMs)
  }
}
