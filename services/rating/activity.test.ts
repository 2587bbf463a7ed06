import { expect, test } from 'bun:test'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Ingestion_State as State } from '../../gen/system/v1/system_pb.ts'
import { ingestActivity } from './activity.ts'
import type { IngestStatus } from './ingest.ts'

const status: IngestStatus = {
  state: 'running',
  partitions: [
    { partition: 1, position: 40, lag: 7, failing: false },
    { partition: 0, position: 12, lag: 0, failing: true },
  ],
  lastPollTimeMs: 1_700_000_000_123,
  applied: 51,
  deadLettered: 2,
  restarts: 1,
  waitsFor: undefined,
  blocked: undefined,
  lastError: new Error('the store is down'),
}

test('the activity reports the position and lag of each partition', () => {
  expect(ingestActivity(status).ingestion).toEqual({
    state: State.RUNNING,
    partitions: [
      { partition: 0, position: 12n, lag: 0n, failing: true },
      { partition: 1, position: 40n, lag: 7n, failing: false },
    ],
    appliedCount: 51n,
    deadLetterCount: 2n,
    restartCount: 1n,
    failure: '',
    lastPollTime: timestampFromMs(1_700_000_000_123),
  })
})

test('a failure of ingestion is reported while it lasts', () => {
  const { ingestion } = ingestActivity({ ...status, state: 'failing' })
  expect(ingestion).toMatchObject({ state: State.FAILING, failure: 'the store is down' })
})

test('ingestion that has not begun is stopped', () => {
  expect(ingestActivity(undefined)).toEqual({ ingestion: { state: State.STOPPED } })
})
