import { expect, test } from 'bun:test'
import { create, toBinary } from '@bufbuild/protobuf'
import {
  Code,
  type ConnectError,
  type ConnectRouter,
  createClient,
  type Interceptor,
} from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { Hono } from 'hono'
import type { Call } from './call.ts'
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
} from './gen/grpc/health/v1/health_pb.ts'
import { ServerReflection } from './gen/grpc/reflection/v1/reflection_pb.ts'
import { addHealth, type HealthSource } from './health.ts'
import { mountConnect } from './mount.ts'
import { addReflection } from './reflection/reflection.ts'
import type { RpcRouter } from './router.ts'
import { toEnvelope } from './wire/envelope.ts'

const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus

/** A client of an app, without a port. */
function clientOf(app: { fetch(request: Request): Response | Promise<Response> }, path = '') {
  const transport = createConnectTransport({
    baseUrl: `http://localhost${path}`,
    useHttpGet: true,
    fetch: (async (input, init) => await app.fetch(new Request(input, init))) as typeof fetch,
  })
  return createClient(Health, transport)
}

test('a routes function written for Connect mounts on any Hono app', async () => {
  const seen: string[] = []
  const noting: Interceptor = (next) => async (request) => {
    seen.push(request.method.name)
    return await next(request)
  }
  const routes = (router: ConnectRouter) => {
    router
      .service(ServerReflection, {})
      .rpc(Health.method.check, ({ service }) => ({ status: service ? SERVING : NOT_SERVING }))
      .rpc(
        Health.method.list,
        (_, { responseHeader }) => {
          responseHeader.set('x-listed', 'yes')
          return { statuses: { one: { status: SERVING } } }
        },
        { interceptors: [noting], readMaxBytes: 1000, jsonOptions: { ignoreUnknownFields: true } },
      )
  }
  const app = new Hono<{ Variables: { user: string } }>()
  app.get('/', (c) => c.text('home'))
  mountConnect(app, routes)
  const client = clientOf(app)
  expect(await client.check({ service: 'one' })).toMatchObject({ status: SERVING })
  let header: Headers | undefined
  const onHeader = (received: Headers) => {
    header = received
  }
  expect((await client.list({}, { onHeader })).statuses.one?.status).toBe(SERVING)
  expect(header?.get('x-listed')).toBe('yes')
  expect(seen).toEqual(['List'])
  expect(await (await app.request('/')).text()).toBe('home')
})

test("the router is one of Connect's, and lists Connect's handlers", () => {
  mountConnect(new Hono(), (router: RpcRouter) => {
    const connectRouter: ConnectRouter = router.service(Health, {})
    const paths = connectRouter.handlers.map(({ requestPath }) => requestPath)
    expect(paths).toContain('/grpc.health.v1.Health/Watch')
  })
})

test('a method that is not implemented is UNIMPLEMENTED', async () => {
  const app = new Hono()
  mountConnect(app, (router) => router.service(Health, {}))
  const error = await clientOf(app)
    .check({})
    .catch((thrown: ConnectError) => thrown)
  expect(error).toMatchObject({ code: Code.Unimplemented })
})

test("an option of Connect's that is not supported is refused when it is set", () => {
  const mount = () =>
    mountConnect(new Hono(), (router) => router.service(Health, {}, { writeMaxBytes: 1 }))
  expect(mount).toThrow('writeMaxBytes: not supported here')
})

test('services mount below a base path', async () => {
  const app = new Hono()
  const paths: string[] = []
  const onRpc = (path: string) => paths.push(path)
  mountConnect(app.basePath('/rpc'), (router) => router.service(Health, { list: () => ({}) }), {
    onRpc,
  })
  expect(await clientOf(app, '/rpc').list({})).toMatchObject({ statuses: {} })
  expect(paths).toContain('/grpc.health.v1.Health/List')
})

test('an error that the client may not see is reported with its request id', async () => {
  const app = new Hono()
  const ended: Call[] = []
  const secret = new Error('password 123')
  const fail = () => {
    throw secret
  }
  const onCallEnd = (call: Call) => ended.push(call)
  mountConnect(app, (router) => router.service(Health, { check: fail }), { onCallEnd })
  const error: ConnectError = await clientOf(app)
    .check({})
    .then(fail, (thrown) => thrown)
  const [call] = ended
  expect(call).toMatchObject({ method: 'grpc.health.v1.Health/Check', status: 500, error: secret })
  expect(error.rawMessage).toBe(`internal error, request id ${call?.requestId}`)
})

test('a stream is one call until its client has left', async () => {
  const app = new Hono()
  const { promise, resolve } = Promise.withResolvers<Call>()
  const health: HealthSource = { problems: () => [], draining: new AbortController().signal }
  mountConnect(
    app,
    (router) => {
      addHealth(router, health, [Health])
      addReflection(router, [Health])
    },
    { onCallEnd: resolve },
  )
  const body = toEnvelope(0, toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema)))
  const response = await app.request('/grpc.health.v1.Health/Watch', {
    method: 'POST',
    headers: { 'content-type': 'application/grpc-web+proto' },
    body: new Blob(body as BlobPart[]),
  })
  const reader = response.body?.getReader()
  expect((await reader?.read())?.done).toBe(false)
  await reader?.cancel()
  expect((await promise).method).toBe('grpc.health.v1.Health/Watch')
})
