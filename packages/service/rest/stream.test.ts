import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import type { RpcLimits } from '@marquee/connect-hono/limits'
import { serve } from '@marquee/http/server/serve'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import {
  RatingService,
  type WatchAggregatedRatingsResponse,
  WatchAggregatedRatingsResponseSchema,
} from '../../../gen/rating/v1/rating_pb.ts'
import { createApp } from '../app.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createHealth } from '../process/health.ts'

const method = RatingService.method.watchAggregatedRatings
const events = { accept: 'text/event-stream' }

test('Server-Sent Events have an id, a name and the message, and say when to connect again', async () => {
  await using bench = await setUp(counting(2))
  const response = await bench.open(events)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('x-accel-buffering')).toBe('no')
  const text = await response.text()
  expect(text).toMatch(/^retry: \d{4}\n/)
  expect(text.replace(/^retry: \d+\n/, '')).toBe(
    `id: 1\nevent: count\ndata: ${json(1)}\n\nid: 2\nevent: count\ndata: ${json(2)}\n\n`,
  )
})

test.each(['application/x-ndjson', 'application/jsonl'])(
  'a client that accepts %s gets one message per line',
  async (accept) => {
    await using bench = await setUp(counting(2))
    const response = await bench.open({ accept })
    expect(response.headers.get('content-type')).toBe(accept)
    expect(await response.text()).toBe(`${json(1)}\n${json(2)}\n`)
  },
)

test('a client that accepts neither form gets 406', async () => {
  await using bench = await setUp(counting(1))
  const response = await bench.open({ accept: 'text/html' })
  expect(response.status).toBe(406)
  expect(await response.json()).toMatchObject({ code: 'invalid_argument' })
})

test('HEAD has the headers of the stream, without a length, and opens none', async () => {
  let opened = 0
  await using bench = await setUp(async function* () {
    opened++
    yield message(1)
  })
  const response = await bench.open(events, { method: 'HEAD' })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, events.accept])
  expect(response.headers.get('content-length')).toBeNull()
  expect(opened).toBe(0)
})

test('another method than GET gets 405', async () => {
  await using bench = await setUp(counting(1))
  const response = await bench.open(events, { method: 'POST' })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
})

test.each([
  [Code.NotFound, 404],
  [Code.ResourceExhausted, 429],
  [Code.Unavailable, 503],
])('an error %p before the first message has the status %p', async (code, status) => {
  // biome-ignore lint/correctness/useYield: it fails before it has anything to yield.
  await using bench = await setUp(async function* () {
    throw new ConnectError('the reason', code)
  })
  const response = await bench.open(events)
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ message: 'the reason' })
})

test('an error after the first message is the last event, or the last line', async () => {
  async function* failing() {
    yield message(1)
    await new Promise<void>((resolve) => setImmediate(resolve))
    throw new ConnectError('the reason', Code.Unavailable)
  }
  await using bench = await setUp(failing)
  const error = '{"code":"unavailable","message":"the reason"}'
  expect(await (await bench.open(events)).text()).toEndWith(`event: error\ndata: ${error}\n\n`)
  expect(await (await bench.open({})).text()).toEndWith(`{"error":${error}}\n`)
})

test('a shutdown ends a stream with an error that clients retry', async () => {
  await using bench = await setUp(endless)
  const response = await bench.open(events)
  bench.drain()
  expect(await response.text()).toContain('event: error\ndata: {"code":"unavailable"')
})

test('a quiet stream of events has comments, one of lines the last line again', async () => {
  await using bench = await setUp(endless, { heartbeatMs: 20 })
  const comments = await readUntil(await bench.open(events), (text) => text.endsWith(':\n\n:\n\n'))
  expect(comments.match(/data:/g)).toHaveLength(1)
  const line = `${json(1)}\n`
  await readUntil(await bench.open({}), (text) => text === line.repeat(3))
})

test('a client has its maximum of streams, and leaving frees one', async () => {
  let closed = 0
  await using bench = await setUp(
    async function* (_, { signal }) {
      try {
        yield* endless(_, { signal })
      } finally {
        closed++
      }
    },
    { streamsPerClientMax: 1 },
  )
  const leaving = new AbortController()
  await bench.open(events, { signal: leaving.signal })
  expect((await bench.open(events)).status).toBe(429)
  leaving.abort()
  await waitFor(() => closed === 1, { what: 'the end of the stream' })
  const another = await bench.open(events)
  expect(another.status).toBe(200)
  await another.body?.cancel()
})

test('a client that does not read holds the source back', async () => {
  let sent = 0
  await using bench = await setUp(async function* () {
    while (sent < 100_000) {
      sent++
      // 4 KiB each: 400 MB in all.
      yield message(sent, 'x'.repeat(4_096))
      if (sent % 64 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    }
  })
  const response = await bench.open({})
  let before = -1
  await waitFor(
    () => {
      const isStill = sent === before
      before = sent
      return isStill
    },
    { what: 'the source to be held back', intervalMs: 200 },
  )
  expect(sent).toBeGreaterThan(0)
  expect(sent).toBeLessThan(10_000)
  await response.body?.cancel()
})

type Source = (
  request: unknown,
  context: { readonly signal: AbortSignal },
) => AsyncIterable<WatchAggregatedRatingsResponse>

function message(revision: number, recordId?: string) {
  const resumeRevision = BigInt(revision)
  const aggregatedRating = { revision: resumeRevision, ...(recordId && { recordId }) }
  return create(WatchAggregatedRatingsResponseSchema, { aggregatedRating, resumeRevision })
}

/** Returns the JSON of `message`. */
function json(revision: number): string {
  return `{"aggregatedRating":{"revision":"${revision}"},"resumeRevision":"${revision}"}`
}

function counting(count: number): Source {
  return async function* () {
    for (let revision = 1; revision <= count; revision++) yield message(revision)
  }
}

async function* endless(_: unknown, { signal }: { readonly signal: AbortSignal }) {
  yield message(1)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

/** Reads a body until its text fulfills the condition, and leaves. Returns the text. */
async function readUntil(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  const reader = response.body?.getReader() ?? expect.unreachable('there is no body')
  const decoder = new TextDecoder()
  let text = ''
  while (!isEnough(text)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended with ${text}`)
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return text
}

async function setUp(implementation: Source, limits: Partial<RpcLimits> = {}) {
  const log = pino({ level: 'silent' })
  const draining = new AbortController()
  const health = createHealth(draining.signal)
  const app = createApp('rating', { log, health, metrics: createMetrics(), limits })
  app.addStream('/watch', method, () => ({
    implementation,
    request: { records: [{ recordType: 'movie', recordId: '1' }] },
    eventOf: () => ({ name: 'count' }),
  }))
  const server = await serve({ app, port: 0, log, limits: { drainTimeoutMs: 1 } })
  return {
    open: (headers: Record<string, string>, init: RequestInit = {}) =>
      fetch(`${server.url}/watch`, { ...init, headers }),
    drain: () => draining.abort(new ShutdownError()),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

alsoOnDenoAndNode(import.meta.filename)
