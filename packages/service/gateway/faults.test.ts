import { describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Code, ConnectError } from '@connectrpc/connect'
import { lazyResponse } from '@marquee/http/lazy-response'
import { serve } from '@marquee/http/server/serve'
import { failureOf } from '@marquee/testing/failure-of'
import {
  type GatewayProtocol,
  gatewayProtocols,
  ratingPath,
  startGateway,
  startInstance,
} from '@marquee/testing/forwarding'
import { freePorts } from '@marquee/testing/free-ports'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { encodeEnvelope } from '../../connect-hono/wire/envelope.ts'

const record = { recordId: '1', recordType: 'movie' }
const ratingRequest = { ...record, userId: 'ada' }
const rating = { ...ratingRequest, value: 4 }
const watched = { records: [record] }
const never = new Promise<never>(() => {})

describe.each(gatewayProtocols)('by %s', (protocol: GatewayProtocol) => {
  test('an unreachable service is UNAVAILABLE', async () => {
    const [port] = await freePorts(1)
    await using gateway = await startGateway([`http://127.0.0.1:${port}`])
    const client = gateway.rating(protocol)
    const unary = await failureOf(client.getRating(ratingRequest))
    expect(unary.code).toBe(Code.Unavailable)
    expect(unary.rawMessage).toBe('the service is currently unavailable: call again later')
    const { reason } = gateway.calls[0] ?? {}
    expect(reason).toContain(`cannot reach http://127.0.0.1:${port}`)
    const watch = await failureOf(Array.fromAsync(client.watchAggregatedRatings(watched)))
    expect(watch.code).toBe(Code.Unavailable)
  })

  test('a service without known instances is UNAVAILABLE', async () => {
    await using gateway = await startGateway([])
    const { code, rawMessage } = await failureOf(gateway.rating(protocol).getRating(ratingRequest))
    expect([code, rawMessage]).toEqual([
      Code.Unavailable,
      'no instance of rating is known: start one, or call again later',
    ])
  })

  test('a service that dies between two messages ends its stream with UNAVAILABLE', async () => {
    const instance = await startInstance({
      async *watchAggregatedRatings() {
        yield { aggregatedRating: { ...record, count: 1n } }
        await never
      },
    })
    await using gateway = await startGateway([instance.url])
    const counts: unknown[] = []
    const watch = gateway.rating(protocol).watchAggregatedRatings(watched)
    const failure = await failureOf(
      Array.fromAsync(watch, async ({ aggregatedRating }) => {
        counts.push(aggregatedRating?.count)
        await instance[Symbol.asyncDispose]()
      }),
    )
    expect(counts).toEqual([1n])
    expect(failure.code).toBe(Code.Unavailable)
    // The gateway's own error: an aborted response would have no such message.
    expect(failure.rawMessage).toBe('the connection to the service was lost')
    expect(gateway.calls.map(({ reason }) => reason).join()).toContain(instance.url)
  })

  test('streams end with UNAVAILABLE when the gateway shuts down, and other calls finish', async () => {
    const gate = Promise.withResolvers<void>()
    await using instance = await startInstance({
      async *watchAggregatedRatings() {
        yield { aggregatedRating: record }
        await never
      },
      async getRating() {
        await gate.promise
        return { rating }
      },
    })
    await using gateway = await startGateway([instance.url])
    const client = gateway.rating(protocol)
    const read = client.getRating(ratingRequest)
    const watch = client.watchAggregatedRatings(watched)
    const failure = await failureOf(Array.fromAsync(watch, () => gateway.drain()))
    expect(failure.code).toBe(Code.Unavailable)
    gate.resolve()
    expect((await read).rating?.value).toBe(4)
  })

  test('a stream that is silent for too long is UNAVAILABLE', async () => {
    await using instance = await startInstance({
      async *watchAggregatedRatings() {
        yield { aggregatedRating: record }
        await never
      },
    })
    await using gateway = await startGateway([instance.url], { quietTimeoutMs: 50 })
    const watch = gateway.rating(protocol).watchAggregatedRatings(watched)
    const { code, rawMessage } = await failureOf(Array.fromAsync(watch))
    expect([code, rawMessage]).toEqual([Code.Unavailable, 'the stream was silent for 50 ms'])
  })

  test('a unary call without a response is DEADLINE_EXCEEDED', async () => {
    await using instance = await startInstance({ getRating: () => never })
    const limits = { unaryTimeoutMs: 1_000, graceMs: 50 }
    await using gateway = await startGateway([instance.url], limits)
    const failure = await failureOf(gateway.rating(protocol).getRating(ratingRequest))
    expect(failure.code).toBe(Code.DeadlineExceeded)
    await waitFor(() => instance.calls.some(({ code }) => code === 'canceled'), {
      what: 'the service to be notified',
    })
  })

  test('an instance that never sends its SETTINGS is UNAVAILABLE', async () => {
    const mute = createServer().listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as AddressInfo
    await using gateway = await startGateway([`http://127.0.0.1:${port}`], { openTimeoutMs: 50 })
    const failure = await failureOf(gateway.rating(protocol).getRating(ratingRequest))
    expect(failure.code).toBe(Code.Unavailable)
    // In a header only, so that the client itself sets no timer.
    const headers = { 'connect-timeout-ms': '20', 'grpc-timeout': '20m' }
    const options = protocol === 'grpc' ? { timeoutMs: 20 } : { headers }
    const late = await failureOf(gateway.rating(protocol).getRating(ratingRequest, options))
    expect(late.code).toBe(Code.DeadlineExceeded)
    mute.close()
  })

  test('a call whose deadline has passed is DEADLINE_EXCEEDED', async () => {
    await using instance = await startInstance({
      getRating: () => never,
      async *watchAggregatedRatings() {
        yield { aggregatedRating: await never }
      },
    })
    await using gateway = await startGateway([instance.url])
    const client = gateway.rating(protocol)
    const headers = { 'connect-timeout-ms': '1', 'grpc-timeout': '1m' }
    const options = protocol === 'grpc' ? { timeoutMs: 1 } : { headers }
    for (let count = 0; count < 10; count++) {
      const unary = await failureOf(client.getRating(ratingRequest, options))
      const stream = await failureOf(
        Array.fromAsync(client.watchAggregatedRatings(watched, options)),
      )
      expect([unary.code, stream.code]).toEqual([Code.DeadlineExceeded, Code.DeadlineExceeded])
    }
  })
})

test('by Connect, an unreachable service is HTTP 503 with the error', async () => {
  await using gateway = await startGateway([])
  const response = await fetch(`${gateway.url}${ratingPath}/rating.v1.RatingService/GetRating`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ratingRequest),
  })
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  const { details, ...error } = await response.json()
  expect(error).toEqual({
    code: 'unavailable',
    message: 'no instance of rating is known: start one, or call again later',
  })
  expect(details).toMatchObject([
    { type: 'google.rpc.RetryInfo', debug: { retryDelay: '1s' } },
    { type: 'google.rpc.ErrorInfo', debug: { reason: 'SERVICE_UNREACHABLE' } },
  ])
})

test('a call tries an unreachable instance only once', async () => {
  let connectionCount = 0
  const closing = createServer((socket) => {
    connectionCount++
    socket.destroy()
  })
  closing.listen(0, '127.0.0.1')
  await once(closing, 'listening')
  const { port } = closing.address() as AddressInfo
  await using gateway = await startGateway([`http://127.0.0.1:${port}`])
  const failure = await failureOf(gateway.rating('connect').getRating(ratingRequest))
  expect(failure.code).toBe(Code.Unavailable)
  expect(connectionCount).toBe(1)
  closing.close()
})

test('a call that did not reach one instance goes to another, with its body', async () => {
  const [port] = await freePorts(1)
  await using instance = await startInstance({ putRating: ({ value = 0 }) => putAnswer(value) })
  await using gateway = await startGateway([`http://127.0.0.1:${port}`, instance.url])
  for (const protocol of gatewayProtocols) {
    for (let value = 1; value <= 5; value++) {
      const { aggregatedRating } = await gateway.rating(protocol).putRating({ ...rating, value })
      expect(aggregatedRating?.mean).toBe(value)
    }
  }
})

test('no call fails while instances are replaced one after the other', async () => {
  const implementation = { putRating: ({ value = 0 }: { value?: number }) => putAnswer(value) }
  const ports = await freePorts(2)
  const start = (port = 0) => startInstance(implementation, { port, drainTimeoutMs: 10_000 })
  const instances = await Promise.all(ports.map(start))
  await using gateway = await startGateway(instances.map(({ url }) => url))
  let isDone = false
  let count = 0
  const callers = gatewayProtocols.flatMap((protocol) =>
    [1, 2].map(async () => {
      while (!isDone) {
        await gateway.rating(protocol).putRating(rating)
        count++
      }
    }),
  )
  const all = Promise.all(callers)
  for (let round = 0; round < 6; round++) {
    const index = round % 2
    const before = count
    await instances[index]?.[Symbol.asyncDispose]()
    instances[index] = await start(ports[index])
    await Promise.race([all, waitFor(() => count > before + 50, { what: 'calls to go on' })])
  }
  isDone = true
  await all
  for (const instance of instances) await instance[Symbol.asyncDispose]()
}, 60_000)

test('the response of a service that refuses an upload early is forwarded, and the rest is not sent', async () => {
  await using instance = await startInstance({
    importRatings: async () => {
      throw new ConnectError('no more today', Code.ResourceExhausted)
    },
  })
  await using gateway = await startGateway([instance.url])
  let sent = 0
  const items = async function* () {
    for (; sent < 1_000; sent++) yield { rating: { ...rating, userId: 'x'.repeat(64 * 1024) } }
  }
  const failure = await failureOf(gateway.rating('grpc').importRatings(items()))
  expect([failure.code, failure.rawMessage]).toEqual([Code.ResourceExhausted, 'no more today'])
  expect(sent).toBeLessThan(1_000)
})

test('a response that is lost within a message is aborted', async () => {
  const message = encodeEnvelope(0, new TextEncoder().encode('{"aggregatedRating":{}}'))
  const app = {
    fetch: () => lazyResponse(broken(), 200, ['content-type', 'application/connect+json']),
  }
  const gate = Promise.withResolvers<void>()
  async function* broken() {
    yield message
    yield message.subarray(0, 9)
    await gate.promise
    throw new Error('the service broke off')
  }
  await using server = await serve({ app, port: 0, log: pino({ level: 'silent' }) })
  await using gateway = await startGateway([server.url])
  const call = `${gateway.url}${ratingPath}/rating.v1.RatingService/WatchAggregatedRatings`
  const headers = { 'content-type': 'application/connect+json' }
  const response = await fetch(call, { method: 'POST', headers, body: Buffer.from(message) })
  expect(response.status).toBe(200)
  gate.resolve()
  await expect(response.arrayBuffer()).rejects.toThrow()
})

describe('the gateway forwards only RPCs of the service:', () => {
  test.each([
    ['GET', '/rating?id=1&type=movie', 404],
    ['GET', '/metrics', 404],
    ['GET', '/livez', 404],
    ['POST', '/rating.v1.RatingService/Absent', 404],
    ['POST', '/movie.v1.MovieService/GetMovieDetails', 404],
    ['PUT', '/rating.v1.RatingService/GetRating', 405],
    ['HEAD', '/rating.v1.RatingService/GetRating', 405],
    ['OPTIONS', '/rating.v1.RatingService/GetRating', 204],
    ['GET', '/rating.v1.RatingService/PutRating', 405],
    ['GET', '/rating.v1.RatingService/WatchAggregatedRatings', 405],
  ])('%s %s', async (method, path, status) => {
    await using instance = await startInstance({ getRating: () => ({ rating }) })
    await using gateway = await startGateway([instance.url])
    const response = await fetch(gateway.url + ratingPath + path, { method })
    expect(response.status).toBe(status)
    expect(instance.calls).toEqual([])
  })

  test.each([
    ['GetRating', 'GET, POST, OPTIONS'],
    ['PutRating', 'POST, OPTIONS'],
    ['WatchAggregatedRatings', 'POST, OPTIONS'],
  ])('OPTIONS of %s gets its methods', async (name, allow) => {
    await using gateway = await startGateway([])
    const call = `${gateway.url}${ratingPath}/rating.v1.RatingService/${name}`
    for (const method of ['OPTIONS', 'DELETE']) {
      expect((await fetch(call, { method })).headers.get('allow')).toBe(allow)
    }
  })

  test('gRPC by HTTP/1.1 is refused, because its response has no trailers', async () => {
    await using gateway = await startGateway([])
    const call = `${gateway.url}${ratingPath}/rating.v1.RatingService/GetRating`
    const headers = { 'content-type': 'application/grpc' }
    expect((await fetch(call, { method: 'POST', headers, body: '' })).status).toBe(505)
  })
})

function putAnswer(value: number) {
  return { aggregatedRating: { ...record, count: 1n, mean: value } }
}

alsoOnDenoAndNode(import.meta.filename)
