import { expect, test } from 'bun:test'
import { createMetrics } from '@marquee/service/metrics/metrics'
import type { Ingest, IngestStatus } from './ingest.ts'
import { ingestCondition, ingestLiveness, ingestNotice, measureIngest } from './ingest-health.ts'

const nowMs = 1_000_000
const assigned = [
  { partition: 0, position: 7, lag: 3, failing: false },
  { partition: 2, position: 1, lag: 0, failing: false },
]

function ingestThat(status: Partial<IngestStatus>): Pick<Ingest, 'status'> {
  const base: IngestStatus = {
    state: 'running',
    partitions: assigned,
    lastPollTimeMs: nowMs,
    applied: 5,
    deadLettered: 1,
    restarts: 2,
    waitsFor: undefined,
    blocked: undefined,
    lastError: undefined,
  }
  return { status: () => ({ ...base, ...status }) }
}

const unavailable = new Error('the log is unavailable')

test.each<[string, Partial<IngestStatus>, string | undefined, string | undefined]>([
  ['that reads', {}, undefined, undefined],
  [
    'whose partitions other processes have',
    { state: 'waiting', partitions: [] },
    undefined,
    undefined,
  ],
  ['that never had a partition', { lastPollTimeMs: undefined }, undefined, undefined],
  [
    'that fails',
    { state: 'failing', lastError: unavailable },
    'cannot be applied: the log',
    undefined,
  ],
  ['that is blocked', { state: 'blocked', blocked: 'another log' }, 'another log', undefined],
  ['that starts', { state: 'starting', partitions: [] }, 'not read yet', undefined],
  ['that has stopped', { state: 'stopped', partitions: [] }, 'stopped', undefined],
  ['silent for 31 s', { lastPollTimeMs: nowMs - 31_000 }, 'not read for 31000 ms', undefined],
  ['silent for 91 s', { lastPollTimeMs: nowMs - 91_000 }, 'not read for 91', 'not read for 91'],
  [
    'without partitions, last polled long ago',
    { lastPollTimeMs: 0, partitions: [] },
    undefined,
    undefined,
  ],
])('a consumer %s has the expected readiness and liveness', (_, status, notReady, notAlive) => {
  const ingest = ingestThat(status)
  for (const [condition, reason] of [
    [ingestCondition(ingest, () => nowMs), notReady],
    [ingestLiveness(ingest, () => nowMs), notAlive],
  ] as const) {
    if (reason === undefined) expect(condition()).toBeUndefined()
    else expect(condition()).toContain(reason)
  }
})

test('a note names the consumer that one without partitions waits for', () => {
  expect(ingestNotice(ingestThat({}))()).toBeUndefined()
  const waiting = { state: 'waiting', partitions: [], waitsFor: 'process 7 of a host' } as const
  expect(ingestNotice(ingestThat(waiting))()).toContain('waits for process 7 of a host')
})

test('the metrics have the lag of each assigned partition, and drop a revoked one', async () => {
  const metrics = createMetrics()
  let partitions = assigned
  const ingest: Pick<Ingest, 'status'> = {
    ...ingestThat({}),
    status: () => ({ ...ingestThat({}).status(), partitions }),
  }
  measureIngest(metrics, ingest)
  const text = await metrics.registry.metrics()
  expect(text).toContain('marquee_ingest_lag_events{partition="0"} 3')
  expect(text).toContain('marquee_ingest_lag_events{partition="2"} 0')
  expect(text).toContain('marquee_ingest_restarts_total 2')
  partitions = assigned.slice(1)
  expect(await metrics.registry.metrics()).not.toContain('partition="0"')
})
