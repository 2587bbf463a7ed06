import { afterAll, expect, test } from 'bun:test'
import { Code, createClient } from '@connectrpc/connect'
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node'
import { mountConnect } from '@marquee/connect-hono/mount'
import { serve } from '@marquee/http/server/serve'
import { failureOf } from '@marquee/testing/failure-of'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { MetadataSchema, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { createApp } from './app.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createHealth } from './process/health.ts'
import { createReadJsonObject } from './rest/body.ts'

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

/** A service that counts its writes. */
async function start() {
  let writeCount = 0
  const app = createApp('metadata', {
    log: pino({ level: 'silent' }),
    health: createHealth(new AbortController().signal),
    metrics: createMetrics(),
  })
  mountConnect(
    app,
    (router) =>
      router.service(MetadataService, {
        getMetadata: () => ({ metadata: { title: 'The Matrix' } }),
        putMetadata() {
          writeCount++
          return {}
        },
        async importMetadata(requests) {
          for await (const _ of requests) writeCount++
          return {}
        },
      }),
    app.rpcOptions,
  )
  const readMovie = createReadJsonObject(MetadataSchema, app.rpcOptions.limits)
  app.put('/metadata', async (c) => {
    await readMovie(c)
    writeCount++
    return c.json({})
  })
  const server = stack.use(await serve({ app, port: 0, log: pino({ level: 'silent' }) }))
  return { url: server.url, writes: () => writeCount }
}

const conditions: readonly (readonly [string, string])[] = [
  ['if-match', '"1"'],
  ['if-match', '*'],
  ['if-none-match', '*'],
  ['if-unmodified-since', 'Sat, 28 Nov 2026 00:00:00 GMT'],
  ['if-modified-since', 'Sat, 28 Nov 2026 00:00:00 GMT'],
  ['if-range', '"1"'],
]
const movie = { metadata: { id: 'a', title: 'A' } }

test.each(conditions)(
  'a write on the condition %s: %s is refused by every protocol',
  async (name, value) => {
    const { url, writes } = await start()
    const headers = { [name]: value, 'content-type': 'application/json' }
    const body = '{}'
    const put = await fetch(`${url}/metadata?id=a`, { method: 'PUT', headers, body })
    expect(put.status).toBe(412)
    expect(await put.json()).toMatchObject({ code: 'failed_precondition' })
    const path = `${url}/metadata.v1.MetadataService/PutMetadata`
    const post = await fetch(path, { method: 'POST', headers, body: JSON.stringify(movie) })
    expect(post.status).toBe(412)
    for (const transport of [
      createConnectTransport({ baseUrl: url, httpVersion: '1.1' }),
      createGrpcTransport({ baseUrl: url }),
    ]) {
      const client = createClient(MetadataService, transport)
      const call = client.putMetadata(movie, { headers: { [name]: value } })
      expect((await failureOf(call)).code).toBe(Code.FailedPrecondition)
    }
    const grpc = createClient(MetadataService, createGrpcTransport({ baseUrl: url }))
    const requests = (async function* () {
      yield movie
    })()
    const call = grpc.importMetadata(requests, { headers: { [name]: value } })
    expect((await failureOf(call)).code).toBe(Code.FailedPrecondition)
    expect(writes()).toBe(0)
  },
)

test('the preconditions of a read by POST are ignored', async () => {
  const { url } = await start()
  const headers = { 'if-match': '"1"', 'content-type': 'application/json' }
  const path = `${url}/metadata.v1.MetadataService/GetMetadata`
  const response = await fetch(path, { method: 'POST', headers, body: '{"movieId":"a"}' })
  expect(response.status).toBe(200)
})

test('an error is application/json on every runtime', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/nothing`)
  expect(response.status).toBe(404)
  expect(response.headers.get('content-type')).toBe('application/json')
})

alsoOnDenoAndNode(import.meta.filename)
