import { afterAll, expect, test } from 'bun:test'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import {
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Status,
} from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import {
  ServerReflection,
  type ServerReflectionRequest,
} from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import { ServerReflection as ServerReflectionAlpha } from '@marquee/connect-hono/gen/grpc/reflection/v1alpha/reflection_pb'
import { mountConnect } from '@marquee/connect-hono/mount'
import { serve } from '@marquee/http/server/serve'
import { failureOf } from '@marquee/testing/failure-of'
import { pino } from 'pino'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { ActivityService } from '../../gen/system/v1/system_pb.ts'
import { createApp } from './app.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createHealth } from './process/health.ts'

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

/**
 * A rating service whose methods fail: GetRating throws what is no business of its callers,
 * DeleteRating what will be over, PutRating never ends.
 */
async function start() {
  const lines: { code?: string; err?: { message: string }; requestId?: string }[] = []
  const log = pino(
    { level: 'info' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  )
  const draining = new AbortController()
  const health = createHealth(draining.signal)
  const app = createApp('rating', {
    log,
    health,
    metrics: createMetrics(),
    limits: { unaryTimeoutMs: 100, bodyIdleTimeoutMs: 150 },
  })
  app.get('/never', async (c) => {
    const { method } = RatingService
    await app.restCall(c, method.putRating, () => new Promise<never>(() => {}), rating)
    return c.body(null)
  })
  app.get('/away', throwAway)
  mountConnect(
    app,
    (router) =>
      router.service(RatingService, {
        getRating() {
          throw new Error('the password is hunter2')
        },
        deleteRating: throwAway,
        putRating: () => new Promise<never>(() => {}),
        async importRatings(requests) {
          const all = await Array.fromAsync(requests)
          return { createdCount: BigInt(all.length) }
        },
      }),
    app.rpcOptions,
  )
  const server = stack.use(await serve({ app, port: 0, log }))
  const transport = createGrpcTransport({ baseUrl: server.url })
  return { server, transport, health, draining, lines }
}

function throwAway(): never {
  throw Object.assign(new Error('10.1.2.3 does not answer'), { temporary: true })
}

const rating = { recordType: 'movie', recordId: '1', userId: 'me', value: 5 }

test('an unknown error is logged whole, and shown as INTERNAL with an id', async () => {
  const { transport, lines } = await start()
  const client = createClient(RatingService, transport)
  const headers = { 'x-request-id': 'test-1' }
  const error = await failureOf(client.getRating(rating, { headers }))
  expect(error.code).toBe(Code.Internal)
  expect(error.rawMessage).toBe('internal error, request id test-1')
  const line = lines.find(({ requestId }) => requestId === 'test-1')
  expect(line).toMatchObject({ code: 'internal', err: { message: 'the password is hunter2' } })
})

test('a temporary error is logged whole, and shown as UNAVAILABLE and 503 with an id', async () => {
  const { server, transport, lines } = await start()
  const headers = { 'x-request-id': 'test-2' }
  const client = createClient(RatingService, transport)
  const error = await failureOf(client.deleteRating(rating, { headers }))
  const answer = await fetch(`${server.url}/away`, { headers })
  const message = 'the data is currently unavailable: call again later, request id test-2'
  expect([error.code, error.rawMessage]).toEqual([Code.Unavailable, message])
  expect([answer.status, await answer.json()]).toEqual([503, { code: 'unavailable', message }])
  const line = { code: 'unavailable', reason: '10.1.2.3 does not answer' }
  expect(lines.filter(({ requestId }) => requestId === 'test-2')).toMatchObject([line, line])
})

test('a call that takes longer than the service allows ends with DEADLINE_EXCEEDED', async () => {
  const { transport } = await start()
  const error = await failureOf(createClient(RatingService, transport).putRating(rating))
  expect(error.code).toBe(Code.DeadlineExceeded)
})

/** A request whose body begins and does not end. */
function halfSent(url: string, type: string, headers: Record<string, string> = {}) {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([0])),
  })
  const init = {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
    duplex: 'half',
  }
  return fetch(url, init as RequestInit)
}

test('a REST call ends at its deadline, even when its handler ignores the signal', async () => {
  const { server } = await start()
  const answer = await fetch(`${server.url}/never`)
  expect([answer.status, await answer.json()]).toMatchObject([504, { code: 'deadline_exceeded' }])
})

test.each([
  ['PutRating', 'application/json', {}, 'longer than the service allows'],
  ['PutRating', 'application/json', { 'connect-timeout-ms': '20' }, ''],
  ['ImportRatings', 'application/connect+json', {}, 'no byte of the request arrived for 150 ms'],
])('a half-sent %s as %s with %j ends by itself', async (method, type, headers, message) => {
  const { server } = await start()
  const answer = await halfSent(`${server.url}/rating.v1.RatingService/${method}`, type, headers)
  const text = await answer.text()
  expect(text).toContain('"deadline_exceeded"')
  expect(text).toContain(message)
})

test('a message with thousands of violations is refused with a short error', async () => {
  const { server } = await start()
  const ask = (count: number, record: object) =>
    fetch(`${server.url}/rating.v1.RatingService/BatchGetAggregatedRatings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records: Array.from({ length: count }, () => record) }),
    })
  const some = await (await ask(40, {})).text()
  expect(some).toContain('and 74 more')
  expect(some.length).toBeLessThan(20_000)
  for (const [count, recordId] of [
    [800, 'x'.repeat(32)],
    [1_700, ''],
  ] as const) {
    const many = await (await ask(count, recordId ? { recordId } : {})).text()
    expect(many).toContain('"invalid_argument"')
    expect(many.length).toBeLessThan(2_000)
  }
})

test('requests without a route share one name in logs and metrics', async () => {
  const { server, lines } = await start()
  await fetch(`${server.url}/nothing`, { method: 'DELETE' })
  await fetch(`${server.url}/${'x'.repeat(100)}`)
  const line = { method: 'unknown', code: 'unimplemented' }
  expect(lines).toMatchObject([line, line])
})

test('HEAD gets the response of GET without the body', async () => {
  const { server } = await start()
  const [get, head] = await Promise.all([
    fetch(`${server.url}/readyz`),
    fetch(`${server.url}/readyz`, { method: 'HEAD' }),
  ])
  expect(head.headers.get('content-length')).toBe(String((await get.text()).length))
  expect(await head.text()).toBe('')
})

test('each call writes one log line, whatever the path', async () => {
  const { server, lines } = await start()
  await fetch(`${server.url}/livez`)
  await fetch(`${server.url}/nothing`)
  await fetch(`${server.url}/rating.v1.RatingService/GetRating`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  })
  expect(lines.map(({ code }) => code)).toEqual(['ok', 'unimplemented', 'invalid_argument'])
})

test('a service whose process cannot do other work still responds to calls', async () => {
  const { server, transport, health } = await start()
  const client = createClient(HealthService, transport)
  health.require('ingest', () => 'the log is away', 'work')
  expect((await client.check({})).status).toBe(Status.NOT_SERVING)
  expect((await client.check({ service: RatingService.typeName })).status).toBe(Status.SERVING)
  const [ready, live] = [await fetch(`${server.url}/readyz`), await fetch(`${server.url}/livez`)]
  expect([ready.status, live.status]).toEqual([503, 200])
  expect(await ready.json()).toMatchObject({
    problems: [{ name: 'ingest', reason: 'the log is away' }],
  })
})

test('a process that needs a restart is not alive, unless it is draining', async () => {
  const { server, health, draining } = await start()
  const status = async () => (await fetch(`${server.url}/livez`)).status
  expect(await status()).toBe(200)
  health.require('ingest', () => 'deaf', 'life')
  expect(await status()).toBe(503)
  draining.abort(new ShutdownError())
  expect(await status()).toBe(200)
})

test('health reports the process and its services, and a watch reports each change', async () => {
  const { transport, health, draining } = await start()
  const client = createClient(HealthService, transport)
  expect((await client.check({ service: RatingService.typeName })).status).toBe(Status.SERVING)
  expect((await failureOf(client.check({ service: 'nobody' }))).code).toBe(Code.NotFound)
  const { statuses } = await client.list({})
  const known = ['', RatingService.typeName, ActivityService.typeName]
  expect(Object.keys(statuses).sort()).toEqual(known)

  let reason: string | undefined
  health.require('store', () => reason)
  const seen: Status[] = []
  const watched = failureOf(
    (async () => {
      for await (const { status } of client.watch({})) {
        seen.push(status)
        reason = status === Status.SERVING ? 'it is away' : undefined
        if (seen.length === 3) draining.abort(new ShutdownError())
      }
    })(),
  )
  expect((await watched).code).toBe(Code.Unavailable)
  // The last one says that the process is about to end.
  expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING, Status.SERVING, Status.NOT_SERVING])
  expect((await client.check({})).status).toBe(Status.NOT_SERVING)
})

test('a watch of an unknown service reports that, and continues until the client leaves', async () => {
  const { transport } = await start()
  const leaving = new AbortController()
  const options = { signal: leaving.signal }
  const watch = createClient(HealthService, transport).watch({ service: 'x' }, options)
  const error = await failureOf(
    (async () => {
      for await (const { status } of watch) {
        expect(status).toBe(Status.SERVICE_UNKNOWN)
        leaving.abort()
      }
    })(),
  )
  expect(error.code).toBe(Code.Canceled)
})

test.each([ServerReflection, ServerReflectionAlpha as unknown as typeof ServerReflection])(
  'reflection answers every kind of question',
  async (service) => {
    const { transport } = await start()
    const ask = async (...requests: ServerReflectionRequest['messageRequest'][]) => {
      async function* send() {
        for (const messageRequest of requests) yield { messageRequest }
      }
      const answers = createClient(service, transport).serverReflectionInfo(send())
      return (await Array.fromAsync(answers)).map((answer) => answer.messageResponse)
    }
    const [list] = await ask({ case: 'listServices', value: '' })
    expect(
      list?.case === 'listServicesResponse' && list.value.service.map((one) => one.name),
    ).toEqual([
      'system.v1.ActivityService',
      'grpc.health.v1.Health',
      'rating.v1.RatingService',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ])
    const [bySymbol, byName, again, method, extension, numbers, unknown, nothing] = await ask(
      { case: 'fileContainingSymbol', value: 'rating.v1.Rating' },
      { case: 'fileByFilename', value: 'google/protobuf/timestamp.proto' },
      { case: 'fileByFilename', value: 'rating/v1/rating.proto' },
      { case: 'fileContainingSymbol', value: 'rating.v1.RatingService.PutRating' },
      {
        case: 'fileContainingExtension',
        value: {
          $typeName: 'grpc.reflection.v1.ExtensionRequest',
          containingType: 'google.protobuf.FieldOptions',
          extensionNumber: 1159,
        },
      },
      { case: 'allExtensionNumbersOfType', value: 'google.protobuf.FieldOptions' },
      { case: 'fileByFilename', value: 'none.proto' },
      { case: undefined },
    )
    expect(files(bySymbol)[0]).toBe('rating/v1/rating.proto')
    expect(files(bySymbol)).toContain('buf/validate/validate.proto')
    expect(files(byName)).toEqual(['google/protobuf/timestamp.proto'])
    expect(files(again)).toEqual(['rating/v1/rating.proto'])
    expect(files(method)).toEqual(['rating/v1/rating.proto'])
    expect(files(extension)).toEqual(['buf/validate/validate.proto'])
    expect(numbers).toMatchObject({ value: { extensionNumber: [1159, 1160] } })
    expect(unknown).toMatchObject({ case: 'errorResponse', value: { errorCode: 5 } })
    expect(nothing).toMatchObject({ case: 'errorResponse', value: { errorCode: 3 } })
  },
)

function files(answer: { case?: string | undefined; value?: unknown } | undefined): string[] {
  const value = (answer?.value ?? {}) as { fileDescriptorProto?: Uint8Array[] }
  return (value.fileDescriptorProto ?? []).map(
    (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
  )
}
