import { afterAll, describe, expect, test } from 'bun:test'
import { type ClientHttp2Session, connect } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { serve } from '@marquee/http/server/serve'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { createMetadataApp } from './service.ts'
import { createMemoryMetadataStore } from './store/memory.ts'

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

const lines: { level: number }[] = []
const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
const app = createMetadataApp({
  log,
  metrics: createMetrics(),
  health: createHealth(new AbortController().signal),
  store: createMemoryMetadataStore(),
})
const server = stack.use(await serve({ app, port: 0, log }))
const session: ClientHttp2Session = connect(server.url)
stack.defer(() => session.close())

const service = '/metadata.v1.MetadataService'
const put = `${service}/PutMetadata`
const importing = `${service}/ImportMetadata`
const get = `${service}/GetMetadata`

/** A movie whose id is one byte of Latin-1, as JSON. */
const latin1 = Buffer.from('{"metadata":{"id":"\xe9","title":"a"}}', 'latin1')
const binary = Buffer.from('0a080a01e912036162630a00', 'hex').subarray(0, 10)

function inEnvelope(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5)
  head[0] = flags
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

interface Request {
  readonly method?: string
  readonly path: string
  readonly type?: string
  readonly fields?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Sends a request by HTTP/2, and returns status, gRPC status and body. */
async function send({ method = 'POST', path, type, fields, body }: Request) {
  const stream = session.request({
    ':method': method,
    ':path': path,
    ...(type && { 'content-type': type }),
    ...fields,
  })
  const trailers = new Promise<Record<string, unknown>>((resolve) => {
    stream.once('trailers', resolve)
    stream.once('close', () => resolve({}))
  })
  const head = new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve))
  stream.end(body)
  const text = (await buffer(stream)).toString()
  const all: Record<string, unknown> = { ...(await head), ...(await trailers) }
  return { status: Number(all[':status']), grpcStatus: all['grpc-status'], text }
}

describe('invalid UTF-8 is refused', () => {
  test.each([
    ['Connect', { path: put, type: 'application/json', body: latin1 }],
    [
      'Connect, compressed',
      {
        path: put,
        type: 'application/json',
        fields: { 'content-encoding': 'gzip' },
        body: gzipSync(latin1),
      },
    ],
    ['Connect, binary', { path: put, type: 'application/proto', body: binary }],
    ['REST', { method: 'PUT', path: '/metadata', body: Buffer.from('{"id":"\xe9"}', 'latin1') }],
    ['a REST query', { method: 'GET', path: '/metadata?id=%e9' }],
    [
      'a REST query of a write',
      { method: 'PUT', path: '/metadata?id=%e9', body: Buffer.from('{}') },
    ],
    ['half a character of a query', { method: 'GET', path: '/metadata?id=%c3%' }],
    [
      'Connect GET',
      { method: 'GET', path: `${get}?encoding=json&message=%7B%22movieId%22%3A%22%e9%22%7D` },
    ],
    [
      'Connect GET in base64',
      {
        method: 'GET',
        path: `${get}?encoding=json&base64=1&message=${Buffer.from('{"movieId":"\xe9"}', 'latin1').toString('base64url')}`,
      },
    ],
  ] satisfies [string, Request][])('by %s', async (_, request) => {
    const { status, text } = await send(request)
    expect([status, JSON.parse(text).code]).toEqual([400, 'invalid_argument'])
  })

  test.each([
    ['gRPC', { path: put, type: 'application/grpc+json', body: inEnvelope(latin1) }],
    ['a gRPC stream', { path: importing, type: 'application/grpc+json', body: inEnvelope(latin1) }],
    ['gRPC, binary', { path: put, type: 'application/grpc', body: inEnvelope(binary) }],
  ] satisfies [string, Request][])('by %s', async (_, request) => {
    expect(await send(request)).toMatchObject({ status: 200, grpcStatus: '3' })
  })

  test('by gRPC-Web and by a stream of Connect', async () => {
    const body = inEnvelope(latin1)
    const web = await send({ path: put, type: 'application/grpc-web+json', body })
    expect(web.text).toContain('grpc-status: 3')
    const stream = await send({ path: importing, type: 'application/connect+json', body })
    expect(stream.text).toContain('"invalid_argument"')
  })

  test('as half of a surrogate pair that JSON escapes', async () => {
    const body = Buffer.from('{"metadata":{"id":"\\ud800","title":"a"}}')
    expect(await send({ path: put, type: 'application/json', body })).toMatchObject({ status: 400 })
    const rest = await send({
      method: 'PUT',
      path: '/metadata',
      body: Buffer.from('{"id":"\\udc00"}'),
    })
    expect(rest).toMatchObject({ status: 400 })
  })
})

test.each(['a', 'abcde', 'YQ=', 'YQ===', 'Y=Q=', '=', '%20'])(
  'the message "%s" of Connect GET is not base64',
  async (message) => {
    const path = `${get}?encoding=proto&base64=1&message=${message}`
    const { status, text } = await send({ method: 'GET', path })
    expect([status, JSON.parse(text).code]).toEqual([400, 'invalid_argument'])
    expect(text).toContain('base64')
  },
)

const unknownMovie = Buffer.from('{"movieId":"none"}')

test.each([
  'application/json; charset="utf-8"',
  'application/json;charset=UTF-8',
  'Application/JSON ; Charset="UTF-8"',
  'application/json; charset=utf8',
  'application/json;',
  'application/json; profile=x',
])('the content type %s is JSON', async (type) => {
  const { status } = await send({ path: get, type, body: unknownMovie })
  expect(status).toBe(404)
})

test.each(['application/json; charset=latin1', 'application/json; charset="utf-8', 'text/json'])(
  'the content type %s is not supported',
  async (type) => {
    const { status } = await send({ path: get, type, body: unknownMovie })
    expect(status).toBe(415)
  },
)

test.each(['gzip', 'GZIP', 'x-gzip', 'Identity'])(
  'the content coding %s is known',
  async (coding) => {
    const body = coding === 'Identity' ? unknownMovie : gzipSync(unknownMovie)
    const fields = { 'content-encoding': coding }
    const { status } = await send({ path: get, type: 'application/json', fields, body })
    expect(status).toBe(404)
  },
)

describe('a movie put by REST', () => {
  const path = '/metadata?id=packed'
  const put = (body: string | Uint8Array, coding?: string) => {
    const request = { method: 'PUT', path, body: Buffer.from(body) }
    return send(coding ? { ...request, fields: { 'content-encoding': coding } } : request)
  }
  const movie = '{"title":"A"}'

  test.each([
    ['gzip', gzipSync(movie)],
    ['X-GZIP', gzipSync(movie)],
    ['br', brotliCompressSync(movie)],
    ['identity', Buffer.from(movie)],
  ])('is unpacked from %s', async (coding, body) => {
    const { status, text } = await put(body, coding)
    expect([Math.floor(status / 100), JSON.parse(text).title]).toEqual([2, 'A'])
  })

  test.each([
    ['in a coding that is not known', 415, movie, 'compress'],
    ['in several codings', 415, gzipSync(gzipSync(movie)), 'gzip, gzip'],
    ['in another coding than it says', 400, movie, 'gzip'],
    ['that unpacks to too much', 413, gzipSync(Buffer.alloc(1 << 22, ' ')), 'gzip'],
    ['with a name twice', 400, '{"title":"A","title":"B"}', undefined],
    ['with a name twice, once escaped', 400, '{"title":"A","titl\\u0065":"B"}', undefined],
  ])('%s is refused', async (_, expected, body, coding) => {
    expect((await put(body, coding)).status).toBe(expected)
  })

  test.each(['?id=one&id=other', '?id=one&i%64=other', '?id=one&x=1&x=1'])(
    'with a parameter twice is refused: %s',
    async (query) => {
      const path = `/metadata${query}`
      expect((await send({ method: 'PUT', path, body: Buffer.from(movie) })).status).toBe(400)
      expect((await send({ method: 'GET', path: '/metadata?id=one' })).status).toBe(404)
    },
  )
})

test('malformed input never was an error of the service', () => {
  expect(lines.filter(({ level }) => level >= 50)).toEqual([])
})

alsoOnDenoAndNode(import.meta.filename)
