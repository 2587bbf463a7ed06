import { expect, test } from 'bun:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  ActivitySchema,
  EndedCallSchema,
  Ingestion_State,
  IngestionSchema,
  MethodCallsSchema,
} from '../../../gen/system/v1/system_pb.ts'
import {
  countsOfEnded,
  mergeActivities,
  mergeCalls,
  readActivity,
  writeActivity,
  writeCalls,
} from './activity.ts'

type MethodInit = Exclude<MessageInitShape<typeof MethodCallsSchema>, { $typeName: string }>
type ActivityInit = Exclude<MessageInitShape<typeof ActivitySchema>, { $typeName: string }>

const at = (seconds: number, nanos = 0) => ({ seconds: BigInt(seconds), nanos })
const put = { protocol: 'grpc', method: 'rating.v1.RatingService/PutRating' }
const codes = (ok: bigint, unavailable = 0n) => [
  { code: 'ok', count: ok },
  ...(unavailable ? [{ code: 'unavailable', count: unavailable, fault: true }] : []),
]

/** Activity of a worker with these calls. */
function activityOf(calls: MethodInit[], own: ActivityInit = {}) {
  return create(ActivitySchema, { service: 'rating', ...own, calls })
}

test('the calls of several workers are added by method, protocol and code', () => {
  const { calls } = mergeActivities([
    activityOf([
      { ...put, codes: codes(2n), durationSum: at(1, 700_000_000), durationBuckets: [1n, 1n] },
      { ...put, protocol: 'rest', codes: codes(1n) },
    ]),
    activityOf([
      { ...put, codes: codes(3n, 4n), durationSum: at(2, 500_000_000), durationBuckets: [0n, 7n] },
    ]),
  ])
  expect(calls).toEqual([
    create(MethodCallsSchema, {
      ...put,
      codes: codes(5n, 4n),
      durationSum: at(4, 200_000_000),
      durationBuckets: [1n, 8n],
    }),
    create(MethodCallsSchema, { ...put, protocol: 'rest', codes: codes(1n) }),
  ])
})

test('calls in flight, memory and calls to other services are added', () => {
  const client = (count: bigint) => [{ target: 'rating', codes: codes(count) }]
  const merged = mergeActivities([
    activityOf([], { callsInFlight: 1n, memoryBytes: 10n, clientCalls: client(1n) }),
    activityOf([], { callsInFlight: 2n, memoryBytes: 20n, clientCalls: client(2n) }),
  ])
  expect(merged).toMatchObject({
    service: 'rating',
    callsInFlight: 3n,
    memoryBytes: 30n,
    clientCalls: [{ target: 'rating', codes: codes(3n) }],
  })
})

test('the ingestion of a service is that of the worker that reads, with the counts of all', () => {
  const partitions = [1, 0].map((partition) => ({ partition, position: 5n }))
  const { ingestion } = mergeActivities([
    activityOf([], { ingestion: { state: Ingestion_State.WAITING, appliedCount: 2n } }),
    activityOf([], {
      ingestion: {
        state: Ingestion_State.RUNNING,
        partitions,
        appliedCount: 3n,
        lastPollTime: at(9),
      },
    }),
  ])
  expect(ingestion).toEqual(
    create(IngestionSchema, {
      state: Ingestion_State.RUNNING,
      partitions: partitions.toReversed(),
      appliedCount: 5n,
      lastPollTime: at(9),
    }),
  )
})

test('of a worker that has ended, only the counts remain', () => {
  const ended = activityOf([{ ...put, codes: codes(2n) }], {
    callsInFlight: 3n,
    memoryBytes: 10n,
    problems: [{ name: 'store', reason: 'gone' }],
    ingestion: { state: Ingestion_State.RUNNING, partitions: [{}], appliedCount: 7n },
  })
  const report = writeActivity(ended)
  expect(readActivity(countsOfEnded([report, report]))).toEqual(
    activityOf([{ ...put, codes: codes(4n) }], {
      ingestion: { state: Ingestion_State.STOPPED, appliedCount: 14n },
    }),
  )
})

test('the last calls of several workers are in the order of their time', () => {
  const call = (requestId: string, startTime: ReturnType<typeof at>) =>
    create(EndedCallSchema, { ...put, requestId, startTime })
  const reports = [
    writeCalls([call('d', at(5, 2)), call('a', at(1))]),
    writeCalls([call('c', at(5, 1)), call('b', at(2))]),
  ]
  expect(mergeCalls(reports).map(({ requestId }) => requestId)).toEqual(['d', 'c', 'b', 'a'])
})
