import { expect, test } from 'bun:test'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { type AggregatedRating, RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { createDeadLetters } from './dead-letters.ts'
import { defaultRules } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createAggregateWatches } from './watch.ts'

const first = { recordId: '1', recordType: 'movie' }
const second = { recordId: '2', recordType: 'movie' }

test('a watch begins with each record, an unrated one with count 0', async () => {
  await using bench = setUp()
  await bench.rate('1', 'ada', 4)
  const watch = bench.watch([first, second])
  const unrated = await watch.next()
  expect(unrated).toMatchObject({ ...second, count: 0n, mean: 0 })
  expect(unrated?.histogram).toEqual(Array(10).fill(0n))
  expect(await watch.next()).toMatchObject({ ...first, count: 1n, mean: 4 })
})

test('a watch reports each change of its records, and of no others', async () => {
  await using bench = setUp()
  const watch = bench.watch([first])
  expect(await watch.next()).toMatchObject({ count: 0n })
  await bench.rate('2', 'ada', 1)
  await bench.rate('1', 'ada', 5)
  expect(await watch.next()).toMatchObject({ ...first, count: 1n, mean: 5 })
  await bench.client.deleteRating({ ...first, userId: 'ada' })
  expect(await watch.next()).toMatchObject({ ...first, count: 0n })
})

test('a repeated record is reported once', async () => {
  await using bench = setUp()
  const watch = bench.watch([first, first])
  expect(await watch.next()).toMatchObject({ count: 0n })
  await bench.rate('1', 'ada', 5)
  expect(await watch.next()).toMatchObject({ count: 1n })
})

test('records whose parts contain a space are distinct', async () => {
  await using bench = setUp()
  const records = [
    { recordType: 'a b', recordId: 'c' },
    { recordType: 'a', recordId: 'b c' },
  ]
  const watch = bench.watch(records)
  for (const record of records) expect(await watch.next()).toMatchObject({ ...record, count: 0n })
})

test('a reader slower than the changes gets few messages, and the last is the newest', async () => {
  await using bench = setUp()
  const watch = bench.watch([first, second])
  await watch.next()
  await watch.next()
  for (let n = 0; n < 500; n++) {
    await bench.rate('1', `user-${n}`, (n % 5) + 1)
    await bench.rate('2', `user-${n}`, 1)
  }
  const seen: AggregatedRating[] = []
  const newest = () =>
    ['1', '2'].map((id) => seen.findLast(({ recordId }) => recordId === id)?.count)
  while (newest().some((count) => count !== 500n)) {
    seen.push((await watch.next()) ?? expect.unreachable('the watch ended too early'))
  }
  expect(seen.length).toBeLessThanOrEqual(6)
  await bench.rate('1', 'one-more', 1)
  expect(await watch.next()).toMatchObject({ ...first, count: 501n })
})

test('watches over the maximum are RESOURCE_EXHAUSTED, until one is closed', async () => {
  await using bench = setUp({ watchesMax: 1 })
  const watch = bench.watch([first])
  await watch.next()
  const refused = await bench.watch([first]).next().catch(ConnectError.from)
  expect(refused).toMatchObject({ code: Code.ResourceExhausted })
  watch.close()
  const admitted = await waitFor(() => bench.watch([first]).next(), { what: 'room for a watch' })
  expect(admitted).toMatchObject({ count: 0n })
})

test('a watch ends with UNAVAILABLE when the service shuts down', async () => {
  await using bench = setUp()
  const watch = bench.watch([first])
  await watch.next()
  const ended = watch.next().catch(ConnectError.from)
  bench.drain()
  expect(await ended).toMatchObject({ code: Code.Unavailable })
})

test.each([
  ['no record', []],
  ['501 records', Array.from({ length: 501 }, () => first)],
  ['an empty id', [{ recordId: '', recordType: 'movie' }]],
])('a watch of %s is INVALID_ARGUMENT', async (_, records) => {
  await using bench = setUp()
  const refused = await bench.watch(records).next().catch(ConnectError.from)
  expect(refused).toMatchObject({ code: Code.InvalidArgument })
})

test.each([
  ['two selections', { recordType: 'movie', top: { recordType: 'movie' } }],
  ['a top list of 101', { top: { recordType: 'movie', limit: 101 } }],
  ['a top list without a type', { top: {} }],
  ['a revision below 0', { recordType: 'movie', sinceRevision: -1n }],
])('a watch of %s is INVALID_ARGUMENT', async (_, request) => {
  await using bench = setUp()
  const watch = bench.client.watchAggregatedRatings(request)[Symbol.asyncIterator]()
  expect(await watch.next().catch(ConnectError.from)).toMatchObject({ code: Code.InvalidArgument })
})

test('GET /rating/watch streams a record type, records or a top list, from a revision', async () => {
  await using bench = setUp()
  await bench.rate('1', 'ada', 4)
  const { resumeRevision } = await bench.line('type=movie')
  await bench.rate('2', 'ada', 5)
  expect(await bench.line(`type=movie&since=${resumeRevision}`)).toMatchObject({
    aggregatedRating: { recordId: '2', count: '1' },
  })
  expect(await bench.line('type=movie&id=3&id=1')).toMatchObject({
    aggregatedRating: { recordId: '3', recordType: 'movie' },
  })
  expect(await bench.line('type=movie&top=1&countMin=1')).toMatchObject({
    top: { aggregatedRatings: [{ recordId: '2' }] },
  })
  const events = { accept: 'text/event-stream', 'last-event-id': `${resumeRevision}` }
  expect(await bench.line('type=movie&since=0', events)).toMatch(
    /^retry: \d+\nid: \d+\nevent: rating\ndata: {"aggregatedRating":{"recordId":"2"/,
  )
})

test.each([
  ['type=movie&id=1&top=3', 400],
  ['id=1', 400],
  ['', 400],
  ['type=movie&since=x', 400],
  ['type=movie&type=tape', 400],
])('GET /rating/watch?%s is %p', async (query, status) => {
  await using bench = setUp()
  expect((await bench.app.request(`/rating/watch?${query}`)).status).toBe(status)
})

test('GET /rating/watch names Last-Event-ID when that is no revision', async () => {
  await using bench = setUp()
  const headers = { 'last-event-id': 'x' }
  const response = await bench.app.request('/rating/watch?type=movie', { headers })
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('Last-Event-ID is \\"x\\": send a whole number')
})

test('GET /rating/watch is 429 while too many watches are open', async () => {
  await using bench = setUp({ watchesMax: 1 })
  await bench.watch([first]).next()
  expect((await bench.app.request('/rating/watch?type=movie')).status).toBe(429)
})

interface Watching {
  /** The next message; undefined at the end of the stream. */
  next(): Promise<AggregatedRating | undefined>
  close(): void
}

function setUp(options: { watchesMax?: number } = {}) {
  const draining = new AbortController()
  const closing = new AbortController()
  const store = createMemoryRatingStore({ rules: defaultRules })
  const watches = createAggregateWatches({ store, ...options })
  const health = createHealth(draining.signal)
  const log = pino({ level: 'silent' })
  const eventLog = createEmbeddedEventLog({ path: ':memory:', partitions: 1 })
  const app = createRatingApp({
    store,
    watches,
    deadLetters: createDeadLetters(eventLog),
    log,
    metrics: createMetrics(),
    health,
  })
  const client = createClient(RatingService, createAppTransport(app))

  function watch(records: { recordId: string; recordType: string }[]): Watching {
    const left = new AbortController()
    const signal = AbortSignal.any([left.signal, closing.signal])
    const responses = client.watchAggregatedRatings({ records }, { signal })[Symbol.asyncIterator]()
    return {
      next: async () => (await responses.next()).value?.aggregatedRating,
      close: () => left.abort(),
    }
  }
  return {
    app,
    client,
    watch,
    /** Returns the first message by REST: an object, or the text of an event. */
    async line(query: string, headers: Record<string, string> = {}) {
      const response = await app.request(`/rating/watch?${query}`, { headers })
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const text = (await reader?.read())?.value ?? ''
      await reader?.cancel()
      return text.startsWith('{') ? JSON.parse(text.split('\n')[0] ?? '') : text
    },
    rate: (recordId: string, userId: string, value: number) =>
      client.putRating({ recordId, recordType: 'movie', userId, value }),
    drain: () => draining.abort(new ShutdownError()),
    async [Symbol.asyncDispose]() {
      closing.abort()
      watches[Symbol.dispose]()
    },
  }
}
