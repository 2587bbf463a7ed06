import { expect, test } from 'bun:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { toDuration } from '@marquee/connect-hono/duration'
import {
  InstanceReport_Health as Health,
  WatchSystemResponseSchema,
} from '../../gen/system/v1/system_pb.ts'
import { createSystemSamples } from './system-samples.ts'

interface Counts {
  readonly ok: number
  readonly failed?: number
  readonly lag?: number
  readonly startMs?: number
  readonly health?: Health
}

type Report = MessageInitShape<typeof WatchSystemResponseSchema>

/** A report of one instance of rating. */
function reportAt(timeMs: number, { ok, failed = 0, lag = 0, startMs = 0, health }: Counts) {
  const codes = [
    { code: 'ok', count: BigInt(ok) },
    { code: 'internal', count: BigInt(failed), fault: true },
  ]
  const activity = {
    time: timestampFromMs(timeMs),
    startTime: timestampFromMs(startMs),
    durationBounds: [toDuration(10)],
    calls: [
      { method: 'a', codes, durationBuckets: [BigInt(ok), BigInt(failed)] },
      { method: 'probe', codes, durationBuckets: [1_000n, 0n], internal: true },
      { method: 'watch', codes: [], durationBuckets: [0n, 1_000n], streaming: true },
    ],
    ingestion: { appliedCount: BigInt(2 * ok), partitions: [{ lag: BigInt(lag) }] },
  }
  const instances = [{ id: 'rating-1', health: health ?? Health.SERVING, activity }]
  const report: Report = {
    time: timestampFromMs(timeMs),
    services: [{ service: 'rating', instances }],
  }
  return create(WatchSystemResponseSchema, report)
}

function setUp() {
  const samples = createSystemSamples()
  return {
    all: samples.all,
    at: (timeMs: number, counts: Counts) => samples.add(reportAt(timeMs, counts), timeMs),
  }
}

test('a sample has the rates since the one before, without internal calls', () => {
  const { at, all } = setUp()
  at(10_000, { ok: 100 })
  at(12_000, { ok: 120 })
  expect(all()).toEqual([])
  at(15_000, { ok: 150, failed: 5, lag: 7 })
  expect(all()).toMatchObject([
    {
      time: timestampFromMs(15_000),
      services: [
        {
          service: 'rating',
          callsPerSecond: 11,
          faultsPerSecond: 1,
          durationBuckets: [50n, 5n],
          appliedPerSecond: 20,
          lag: 7n,
        },
      ],
    },
  ])
})

test('a service that is down, or has just started, has no figures', () => {
  const { at, all } = setUp()
  at(10_000, { ok: 100 })
  at(15_000, { ok: 100, health: Health.UNREACHABLE })
  at(20_000, { ok: 3, startMs: 16_000 })
  at(25_000, { ok: 8, startMs: 16_000 })
  expect(all().map(({ services }) => services.map((one) => one.callsPerSecond))).toEqual([
    ...[[], [], [1]],
  ])
})

test('samples of 15 minutes are kept as they are, and older ones as one of four', () => {
  const { at, all } = setUp()
  for (let n = 0; n <= 184; n++) at(n * 5_000, { ok: n * n, lag: 1_000 - n })
  const [merged, next] = all()
  expect(all()).toHaveLength(181)
  expect(merged).toMatchObject({
    time: timestampFromMs(20_000),
    services: [{ callsPerSecond: 16 / 20, durationBuckets: [16n, 0n], lag: 999n }],
  })
  expect(next?.time).toEqual(timestampFromMs(25_000))
})

test('samples are kept for an hour', () => {
  const { at, all } = setUp()
  for (let n = 0; n <= 1_000; n++) at(n * 5_000, { ok: n })
  expect(all()).toHaveLength(135 + 180)
  expect(all().at(-1)?.time).toEqual(timestampFromMs(5_000_000))
  expect(all()[0]?.time).toEqual(timestampFromMs(5_000_000 - 3_600_000 + 20_000))
})

test('a merged sample has the means of the samples that have the service', () => {
  const { at, all } = setUp()
  at(0, { ok: 0 })
  at(5_000, { ok: 10 })
  at(10_000, { ok: 10, health: Health.UNREACHABLE })
  at(15_000, { ok: 10, startMs: 11_000 })
  at(20_000, { ok: 30, startMs: 11_000 })
  for (let n = 5; n <= 184; n++) at(n * 5_000, { ok: 30, startMs: 11_000 })
  expect(all()[0]?.services).toMatchObject([{ callsPerSecond: 3, durationBuckets: [30n, 0n] }])
})
