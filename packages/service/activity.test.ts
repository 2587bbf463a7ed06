import { expect, test } from 'bun:test'
import { type Duration, timestampMs } from '@bufbuild/protobuf/wkt'
import { Code, createClient } from '@connectrpc/connect'
import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import { mountConnect } from '@marquee/connect-hono/mount'
import { createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { pino } from 'pino'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type Activity, ActivityService } from '../../gen/system/v1/system_pb.ts'
import { createApp } from './app.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createHealth } from './process/health.ts'

/** `durationMs` of protobuf-es rounds to whole milliseconds. */
const millis = ({ seconds, nanos }: Duration) => Number(seconds) * 1_000 + nanos / 1_000_000

function setUp() {
  const draining = new AbortController()
  const health = createHealth(draining.signal)
  const app = createApp('rating', {
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health,
    activityDetails: () => ({ ingestion: { appliedCount: 7n } }),
  })
  const deleteRating = () => ({ deleted: true })
  mountConnect(app, (router) => router.service(RatingService, { deleteRating }), app.rpcOptions)
  const connect = createAppTransport(app)
  const grpcWeb = createAppTransport(app, { protocol: 'grpc-web' })
  return {
    app,
    connect,
    grpcWeb,
    health,
    draining,
    activities: createClient(ActivityService, connect),
  }
}

const rating = { recordType: 'movie', recordId: '1', userId: 'me' }

/** `protocol method code count` of what concerns the service itself. */
function callsOf(activity: Activity | undefined): string[] {
  return (activity?.calls ?? [])
    .flatMap(({ protocol, method, codes }) =>
      codes.map(({ code, count }) => `${protocol} ${method} ${code} ${count}`),
    )
    .filter((line) => !line.includes('system.v1'))
    .sort()
}

test('the activity counts calls by protocol, method and code', async () => {
  const { app, connect, grpcWeb, activities } = setUp()
  expect(callsOf((await activities.getActivity({})).activity)).toEqual([])
  await createClient(RatingService, connect).deleteRating(rating)
  await createClient(RatingService, connect).deleteRating(rating)
  await createClient(RatingService, grpcWeb).deleteRating(rating)
  await failureOf(createClient(RatingService, connect).deleteRating({}))
  await failureOf(createClient(RatingService, connect).getRating(rating))
  await app.fetch(new Request('http://app.test/livez'))
  const { activity } = await activities.getActivity({})
  expect(callsOf(activity)).toEqual([
    'connect rating.v1.RatingService/DeleteRating invalid_argument 1',
    'connect rating.v1.RatingService/DeleteRating ok 2',
    'connect rating.v1.RatingService/GetRating unimplemented 1',
    'grpc-web rating.v1.RatingService/DeleteRating ok 1',
    'rest GET /livez ok 1',
  ])
  for (const { durationSum } of activity?.calls ?? []) {
    expect(Number(durationSum?.seconds) + (durationSum?.nanos ?? 0)).toBeGreaterThan(0)
  }
})

test('the activity has a histogram of durations, and marks internal calls, streams and faults', async () => {
  const { app, connect, activities } = setUp()
  await createClient(RatingService, connect).deleteRating(rating)
  await failureOf(createClient(RatingService, connect).deleteRating({}))
  await failureOf(Array.fromAsync(activities.watchActivity({ intervalMs: 1 })))
  await app.fetch(new Request('http://app.test/livez'))
  const { activity } = await activities.getActivity({})
  const bounds = activity?.durationBounds.map(millis) ?? []
  expect(bounds.slice(0, 2)).toEqual([0.5, 1])
  expect(bounds).toEqual(bounds.toSorted((a, b) => a - b))
  const marks = new Map(
    activity?.calls.map((one) => {
      expect(one.durationBuckets).toHaveLength(bounds.length + 1)
      const total = one.durationBuckets.reduce((sum, count) => sum + count, 0n)
      return [one.method, { total, internal: one.internal, streaming: one.streaming }]
    }),
  )
  expect(marks.get('rating.v1.RatingService/DeleteRating')).toEqual({
    ...{ total: 2n, internal: false, streaming: false },
  })
  const watch = 'system.v1.ActivityService/WatchActivity'
  expect(marks.get(watch)).toEqual({ total: 1n, internal: true, streaming: true })
  expect(marks.get('GET /livez')).toMatchObject({ internal: true, streaming: false })
  const codes = activity?.calls.flatMap((one) => one.codes) ?? []
  expect(codes.find(({ code }) => code === 'invalid_argument')?.fault).toBe(false)
})

test('the last calls are listed by method and request id, the newest first, without internal ones', async () => {
  const { app, connect, activities } = setUp()
  const ratings = createClient(RatingService, connect)
  const named = (id: string) => ({ headers: { 'x-request-id': id } })
  const beforeMs = Date.now()
  await ratings.deleteRating(rating, named('first'))
  await failureOf(ratings.deleteRating({}, named('second')))
  await failureOf(ratings.getRating(rating, named('first')))
  await app.fetch(new Request('http://app.test/livez'))
  const { calls } = await activities.listCalls({})
  const method = 'rating.v1.RatingService/DeleteRating'
  expect(calls).toMatchObject([
    { protocol: 'connect', code: 'unimplemented', fault: false, requestId: 'first', traceId: '' },
    { protocol: 'connect', code: 'invalid_argument', requestId: 'second', method },
    { protocol: 'connect', code: 'ok', fault: false, requestId: 'first', method },
  ])
  for (const { startTime, duration } of calls) {
    expect(startTime && timestampMs(startTime)).toBeGreaterThanOrEqual(beforeMs - 1)
    expect(duration && millis(duration)).toBeGreaterThan(0)
  }
  const listed = async (request: Parameters<typeof activities.listCalls>[0]) =>
    (await activities.listCalls(request)).calls.map(({ code }) => code)
  expect(await listed({ requestId: 'first' })).toEqual(['unimplemented', 'ok'])
  expect(await listed({ method })).toEqual(['invalid_argument', 'ok'])
  expect(await listed({ method, pageSize: 1 })).toEqual(['invalid_argument'])
})

test('the process keeps the last 500 calls', async () => {
  const { connect, activities } = setUp()
  const ratings = createClient(RatingService, connect)
  for (let n = 0; n < 502; n++) {
    await ratings.deleteRating(rating, { headers: { 'x-request-id': `call-${n}` } })
  }
  const { calls } = await activities.listCalls({ pageSize: 10_000 })
  expect(calls).toHaveLength(500)
  expect([calls[0]?.requestId, calls[499]?.requestId]).toEqual(['call-501', 'call-2'])
})

test('the activity has the name of the service, the time and its own details', async () => {
  const { activities } = setUp()
  const beforeMs = Date.now()
  const { activity } = await activities.getActivity({})
  expect(activity).toMatchObject({ service: 'rating', callsInFlight: 1n, problems: [] })
  expect(activity?.ingestion).toMatchObject({ appliedCount: 7n })
  expect(activity?.time && timestampMs(activity.time)).toBeGreaterThanOrEqual(beforeMs)
  expect(activity?.startTime && timestampMs(activity.startTime)).toBeLessThanOrEqual(beforeMs)
  expect(Number(activity?.memoryBytes)).toBeGreaterThan(1_000_000)
})

test('the activity distinguishes problems that affect calls from other problems', async () => {
  const { activities, health, draining } = setUp()
  health.require('store', () => 'it is away')
  health.require('ingest', () => 'the broker is away', 'work')
  expect((await activities.getActivity({})).activity?.problems).toMatchObject([
    { name: 'store', reason: 'it is away', affectsCalls: true },
    { name: 'ingest', reason: 'the broker is away', affectsCalls: false },
  ])
  draining.abort(new ShutdownError())
  expect((await activities.getActivity({})).activity?.problems).toMatchObject([
    { name: 'process', affectsCalls: true },
  ])
})

test('a watch sends the activity repeatedly until the process shuts down', async () => {
  const { activities, draining } = setUp()
  const counts: bigint[] = []
  const watch = async () => {
    for await (const { activity } of activities.watchActivity({ intervalMs: 200 })) {
      await activities.getActivity({})
      const own = activity?.calls.find(({ method }) => method.endsWith('GetActivity'))
      counts.push(own?.codes[0]?.count ?? 0n)
      if (counts.length === 3) draining.abort(new ShutdownError())
    }
  }
  const error = await failureOf(watch())
  expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: new ShutdownError().message })
  expect(counts).toEqual([0n, 1n, 2n])
})

test.each([-1, 1, 199, 60_001])('an interval of %d ms is refused', async (intervalMs) => {
  const { activities } = setUp()
  const error = await failureOf(Array.fromAsync(activities.watchActivity({ intervalMs })))
  expect(error.code).toBe(Code.InvalidArgument)
  expect(error.rawMessage).toContain('interval_ms')
})
