import { create, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf'
import { type Duration, type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import {
  type Activity,
  ActivitySchema,
  type ClientCalls,
  type CodeCount,
  type EndedCall,
  type Ingestion,
  Ingestion_State,
  IngestionSchema,
  ListCallsResponseSchema,
  type MethodCalls,
} from '../../../gen/system/v1/system_pb.ts'

/** Subjects of the reports of what a worker does, and of its last calls. */
export const activitySubjects = { activity: 'activity', calls: 'calls' } as const

/**
 * Returns the activity of several processes as that of one. Counts are sums. What describes the
 * whole service (its name, the times, the bounds and the problems) is that of the first.
 */
export function mergeActivities([first, ...others]: readonly [Activity, ...Activity[]]): Activity {
  const all = [first, ...others]
  const ingestions = all.flatMap(({ ingestion }) => ingestion ?? [])
  return {
    ...first,
    calls: merged(
      all.flatMap(({ calls }) => calls),
      ({ protocol, method }) => `${protocol} ${method}`,
      addMethods,
    ),
    clientCalls: merged(
      all.flatMap(({ clientCalls }) => clientCalls),
      ({ target }) => target,
      addClients,
    ),
    callsInFlight: sum(all.map(({ callsInFlight }) => callsInFlight)),
    memoryBytes: sum(all.map(({ memoryBytes }) => memoryBytes)),
    ...(ingestions.length > 0 && { ingestion: mergeIngestions(ingestions) }),
  }
}

/** States of ingestion, the one that describes several processes first. */
const statesInOrder = [
  Ingestion_State.FAILING,
  Ingestion_State.RUNNING,
  Ingestion_State.WAITING,
  Ingestion_State.STOPPED,
]

function mergeIngestions(all: readonly Ingestion[]): Ingestion {
  const states = new Set(all.map(({ state }) => state))
  const polls = all.flatMap(({ lastPollTime }) => lastPollTime ?? [])
  const [lastPollTime] = polls.sort((one, other) => timestampMs(other) - timestampMs(one))
  return create(IngestionSchema, {
    state: statesInOrder.find((state) => states.has(state)) ?? Ingestion_State.UNSPECIFIED,
    partitions: all
      .flatMap(({ partitions }) => partitions)
      .sort((one, other) => one.partition - other.partition),
    appliedCount: sum(all.map(({ appliedCount }) => appliedCount)),
    deadLetterCount: sum(all.map(({ deadLetterCount }) => deadLetterCount)),
    restartCount: sum(all.map(({ restartCount }) => restartCount)),
    failure: all.find(({ failure }) => failure !== '')?.failure ?? '',
    ...(lastPollTime && { lastPollTime }),
  })
}

/**
 * Returns the counts of processes that have ended. They have no calls in flight, no memory and no
 * partitions.
 */
export function countsOfEnded(reports: readonly unknown[]): unknown {
  const [first, ...others] = reports.map(readActivity).map((activity): Activity => {
    const { ingestion } = activity
    const ended = { state: Ingestion_State.STOPPED, partitions: [], failure: '' }
    return {
      ...activity,
      callsInFlight: 0n,
      memoryBytes: 0n,
      problems: [],
      ...(ingestion && { ingestion: { ...ingestion, ...ended } }),
    }
  })
  return first && writeActivity(mergeActivities([first, ...others]))
}

export function writeActivity(activity: Activity): unknown {
  return toJson(ActivitySchema, activity)
}

export function readActivity(report: unknown): Activity {
  return fromJson(ActivitySchema, report as JsonValue)
}

export function writeCalls(calls: readonly EndedCall[]): unknown {
  return toJson(ListCallsResponseSchema, create(ListCallsResponseSchema, { calls: [...calls] }))
}

/** Returns the last calls of several processes, the newest first. */
export function mergeCalls(reports: readonly unknown[]): EndedCall[] {
  return reports
    .flatMap((report) => fromJson(ListCallsResponseSchema, report as JsonValue).calls)
    .sort((one, other) => compareTimes(other.startTime, one.startTime))
}

function compareTimes(one: Timestamp | undefined, other: Timestamp | undefined): number {
  const seconds = Number((one?.seconds ?? 0n) - (other?.seconds ?? 0n))
  return seconds || (one?.nanos ?? 0) - (other?.nanos ?? 0)
}

/** Adds up the items of each key. */
function merged<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  add: (one: T, other: T) => T,
): T[] {
  const byKey = Map.groupBy(items, keyOf)
  return Array.from(byKey.values(), (group) => group.reduce(add))
}

function addMethods(one: MethodCalls, other: MethodCalls): MethodCalls {
  const durationSum = addDurations(one.durationSum, other.durationSum)
  return {
    ...one,
    ...addCounts(one, other),
    ...(durationSum && { durationSum }),
    internal: one.internal || other.internal,
    streaming: one.streaming || other.streaming,
  }
}

function addClients(one: ClientCalls, other: ClientCalls): ClientCalls {
  return { ...one, ...addCounts(one, other) }
}

type Counts = Pick<MethodCalls, 'codes' | 'durationBuckets'>

function addCounts(one: Counts, other: Counts): Counts {
  return {
    codes: merged([...one.codes, ...other.codes], ({ code }) => code, addCodes),
    durationBuckets: one.durationBuckets.map(
      (count, bucket) => count + (other.durationBuckets[bucket] ?? 0n),
    ),
  }
}

function addCodes(one: CodeCount, other: CodeCount): CodeCount {
  return { ...one, count: one.count + other.count }
}

const nanosPerSecond = 1_000_000_000

function addDurations(
  one: Duration | undefined,
  other: Duration | undefined,
): Duration | undefined {
  if (one === undefined || other === undefined) return one ?? other
  const nanos = one.nanos + other.nanos
  const carried = Math.floor(nanos / nanosPerSecond)
  return {
    ...one,
    seconds: one.seconds + other.seconds + BigInt(carried),
    nanos: nanos - carried * nanosPerSecond,
  }
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n)
}
