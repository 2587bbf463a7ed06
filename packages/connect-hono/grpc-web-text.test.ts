import { afterAll, describe, expect, test } from 'bun:test'
import { request as requestHttp1 } from 'node:http'
import { connect } from 'node:http2'
import type { Readable } from 'node:stream'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { serve } from '@marquee/http/server/serve'
import fc from 'fast-check'
import { Hono } from 'hono'
import type { Call } from './call.ts'
import {
  Health,
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from './gen/grpc/health/v1/health_pb.ts'
import { mountConnect } from './mount.ts'
import { encodeEnvelope } from './wire/envelope.ts'

const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus
/** Maximum size of a request's message, in bytes. */
const bytesMax = 1_000
const textType = 'application/grpc-web-text'

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

/** Resolves when the client of the first stream has its first message. */
let seen = Promise.withResolvers<void>()
let ended = Promise.withResolvers<Call>()

const app = new Hono()
mountConnect(
  app,
  (router) =>
    router.service(
      Health,
      {
        check({ service }) {
          if (service === 'absent') throw new ConnectError('ünknown', Code.NotFound)
          return { status: SERVING }
        },
        async *watch() {
          yield { status: SERVING }
          await seen.promise
          yield { status: NOT_SERVING }
        },
      },
      { readMaxBytes: bytesMax },
    ),
  { onCallEnd: (call) => ended.resolve(call) },
)
const server = stack.use(await serve({ app, port: 0, log: console }))

interface Sent {
  readonly method?: 'Check' | 'Watch'
  readonly type?: string
  readonly accept?: string
  /** Pieces of the body, written one by one. */
  readonly pieces: readonly (string | Uint8Array)[]
}

interface Received {
  readonly status: number
  readonly type: string
  readonly body: Readable
}

const versions = {
  '1.1': (path: string, headers: Record<string, string>, pieces: Sent['pieces']) =>
    new Promise<Received>((resolve, reject) => {
      const request = requestHttp1(server.url + path, { method: 'POST', headers, agent: false })
      request.on('error', reject).on('response', (body) => {
        const type = body.headers['content-type'] ?? ''
        resolve({ status: body.statusCode ?? 0, type, body })
      })
      for (const piece of pieces) request.write(piece)
      request.end()
    }),
  '2': (path: string, headers: Record<string, string>, pieces: Sent['pieces']) =>
    new Promise<Received>((resolve, reject) => {
      const session = connect(server.url)
      const body = session.request({ ':method': 'POST', ':path': path, ...headers })
      body.on('close', () => session.close()).on('error', reject)
      body.on('response', (fields) => {
        resolve({ status: Number(fields[':status']), type: fields['content-type'] ?? '', body })
      })
      for (const piece of pieces) body.write(piece)
      body.end()
    }),
}

describe.each(['1.1', '2'] as const)('gRPC-Web in base64 over HTTP/%s', (http) => {
  function send({ method = 'Check', type = textType, accept, pieces }: Sent) {
    const headers = { 'content-type': type, ...(accept && { accept }) }
    return versions[http](`/grpc.health.v1.Health/${method}`, headers, pieces)
  }

  async function call(sent: Sent) {
    const { status, type, body } = await send(sent)
    const bytes = Buffer.concat(await Array.fromAsync(body))
    return { status, type, ...read(type.startsWith(textType) ? decode(bytes) : bytes) }
  }

  test.each([textType, `${textType}+proto`, 'Application/gRPC-Web-Text'])(
    'responds to %s in kind',
    async (type) => {
      const { messages, trailers, ...response } = await call({ type, pieces: [text(checkOf('a'))] })
      expect(response).toEqual({ status: 200, type: `${textType}+proto` })
      expect(messages).toMatchObject([{ status: SERVING }])
      expect(trailers).toContain('grpc-status: 0')
    },
  )

  test('accepts padded pieces, however they are sent', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 })
    await fc.assert(
      fc.asyncProperty(lengths, lengths, async (padded, written) => {
        const encoded = split(checkOf('service'), padded).map(text).join('')
        const pieces = split(Buffer.from(encoded), written)
        const { messages, trailers } = await call({ pieces })
        expect([messages.length, trailers]).toEqual([1, expect.stringContaining('grpc-status: 0')])
      }),
      { numRuns: 20 },
    )
  })

  test('sends each message of a stream as a piece that can be decoded on arrival', async () => {
    seen = Promise.withResolvers()
    const { body } = await send({ method: 'Watch', pieces: [text(checkOf('a'))] })
    const statuses: number[] = []
    let trailers = ''
    for await (const chunk of body) {
      const part = read(decode(chunk))
      statuses.push(...part.messages.map(({ status }) => status))
      trailers += part.trailers
      if (statuses.length === 1) seen.resolve()
    }
    expect(statuses).toEqual([SERVING, NOT_SERVING])
    expect(trailers).toContain('grpc-status: 0')
  })

  test('ends a stream whose client leaves', async () => {
    seen = Promise.withResolvers()
    ended = Promise.withResolvers()
    const { body } = await send({ method: 'Watch', pieces: [text(checkOf('a'))] })
    for await (const _ of body) break
    body.destroy()
    const { method, protocol, code } = await ended.promise
    const expected = ['grpc.health.v1.Health/Watch', 'grpc-web', Code.Canceled]
    expect([method, protocol, code as Code]).toEqual(expected as never)
    seen.resolve()
  })

  test('sends the error of a handler in its last envelope', async () => {
    const { status, messages, trailers } = await call({ pieces: [text(checkOf('absent'))] })
    expect([status, messages]).toEqual([200, []])
    expect(trailers).toContain('grpc-status: 5')
    expect(trailers).toContain('grpc-message: %C3%BCnknown')
  })

  test.each([
    ['binary', [checkOf('service')]],
    ['no padding', [text(checkOf('a')).replace(/=+$/, '')]],
    ['a space', [`${text(checkOf('ab'))} `]],
    ['base64url', [text(checkOf('ab')), '-_-_']],
    ['padding alone', [text(checkOf('ab')), '====']],
    ['one character after the message', [text(checkOf('ab')), 'A']],
  ])('refuses what is not base64: %s', async (_, pieces) => {
    const { status, type, messages, trailers } = await call({ pieces })
    expect([status, type, messages]).toEqual([200, `${textType}+proto`, []])
    expect(trailers).toContain('grpc-status: 3')
    expect(trailers).toContain('base64')
  })

  test('refuses an incomplete message, and a second one', async () => {
    const whole = checkOf('abc')
    const half = await call({ pieces: [text(whole.subarray(0, -1))] })
    expect(half.trailers).toContain('grpc-status: 3')
    const two = await call({ pieces: [text(whole), text(whole)] })
    expect(two.trailers).toContain('grpc-status: 12')
    const none = await call({ pieces: [] })
    expect(none.trailers).toContain('grpc-status: 12')
  })

  test('limits the size of a message, and not that of its base64', async () => {
    // Its field takes three bytes beside the text.
    const largest = checkOf('a'.repeat(bytesMax - 3))
    for (const pieces of [[text(largest)], split(largest, [1]).map(text)]) {
      expect((await call({ pieces })).trailers).toContain('grpc-status: 0')
    }
    const { trailers } = await call({ pieces: [text(checkOf('a'.repeat(bytesMax - 2)))] })
    expect(trailers).toContain('grpc-status: 8')
  })

  test.each([
    ['application/grpc-web+proto', textType, `${textType}+proto`],
    ['application/grpc-web', `${textType}+proto`, `${textType}+proto`],
    [textType, 'application/grpc-web+proto', 'application/grpc-web+proto'],
    [textType, '*/*', `${textType}+proto`],
    ['application/grpc-web', 'application/grpc-web-textual', 'application/grpc-web+proto'],
  ])('responds to %s that accepts %s with %s', async (type, accept, expected) => {
    const message = checkOf('a')
    const pieces = [type === textType ? text(message) : message]
    const response = await call({ type, accept, pieces })
    expect(response.type).toBe(expected)
    expect(response.messages).toMatchObject([{ status: SERVING }])
  })

  test('does not know similar content types', async () => {
    const { status } = await send({ type: `${textType}ual`, pieces: [text(checkOf('a'))] })
    expect(status).toBe(415)
  })
})

function checkOf(service: string): Buffer {
  const message = create(HealthCheckRequestSchema, { service })
  return Buffer.from(encodeEnvelope(0, toBinary(HealthCheckRequestSchema, message)))
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** Decodes pieces, each of which may have padding. */
function decode(encoded: Uint8Array): Buffer {
  const groups =
    Buffer.from(encoded)
      .toString()
      .match(/.{1,4}/gs) ?? []
  return Buffer.concat(groups.map((group) => Buffer.from(group, 'base64')))
}

/** Splits bytes into pieces of these lengths, from the first again after the last. */
function split(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = lengths[pieces.length % lengths.length] ?? 1
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

function read(bytes: Buffer): { messages: HealthCheckResponse[]; trailers: string } {
  const messages: HealthCheckResponse[] = []
  let trailers = ''
  for (let at = 0; at < bytes.length; ) {
    const flags = bytes[at]
    const end = at + 5 + bytes.readUInt32BE(at + 1)
    const part = bytes.subarray(at + 5, end)
    if (flags === 0x80) trailers = part.toString()
    else messages.push(fromBinary(HealthCheckResponseSchema, part))
    at = end
  }
  return { messages, trailers }
}
