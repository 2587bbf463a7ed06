import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt'
import {
  type Activity,
  ActivitySchema,
  type InstanceReport,
  InstanceReport_Health,
  InstanceReportSchema,
  type SystemSample,
  SystemSampleSchema,
  type WatchSystemResponse,
  WatchSystemResponseSchema,
} from '@marquee/client/system'

interface ActivityOptions {
  readonly startSeconds?: number
  readonly appliedCount?: bigint
  /** Number of calls of up to 10 ms, of up to 100 ms, and longer ones. */
  readonly buckets?: readonly number[]
  readonly clientCalls?: MessageInitShape<typeof ActivitySchema>['clientCalls']
}

const faults = new Set(['internal', 'unavailable'])

/** Activity of an instance at a time, with the number of ended calls by code. */
export function activityAt(
  atSeconds: number,
  counts: Readonly<Record<string, number>>,
  { startSeconds = 0, appliedCount, buckets = [], clientCalls }: ActivityOptions = {},
): Activity {
  const codes = Object.entries(counts).map(([code, count]) => {
    return { code, count: BigInt(count), fault: faults.has(code) }
  })
  const method = 'rating.v1.RatingService/PutRating'
  return create(ActivitySchema, {
    service: 'rating',
    time: timestampFromMs(atSeconds * 1000),
    startTime: timestampFromMs(startSeconds * 1000),
    calls: [{ protocol: 'connect', method, codes, durationBuckets: buckets.map(BigInt) }],
    ...(clientCalls && { clientCalls }),
    ...(appliedCount === undefined ? {} : { ingestion: { appliedCount } }),
  })
}

/** An instance that serves with this activity; without one it is unreachable. */
export function instanceWith(id: string, activity: Activity | undefined): InstanceReport {
  return create(InstanceReportSchema, {
    id,
    url: `http://10.0.0.1:80${id}`,
    healthTime: timestampFromMs(0),
    ...(activity
      ? { activity, health: InstanceReport_Health.SERVING, latency: durationFromMs(2) }
      : { health: InstanceReport_Health.UNREACHABLE, unreachableReason: 'refused' }),
  })
}

/** The same instance when it no longer responds: its last activity is kept. */
export function unreachable(instance: InstanceReport): InstanceReport {
  const health = InstanceReport_Health.UNREACHABLE
  return create(InstanceReportSchema, {
    ...fieldsOf(instance),
    health,
    unreachableReason: 'refused',
  })
}

function fieldsOf({ id, url, activity, latency, healthTime }: InstanceReport) {
  return { id, url, activity, latency, healthTime }
}

/** A report at a time, with these instances of a service. */
export function reportAt(
  atSeconds: number,
  instances: readonly InstanceReport[],
  service = 'rating',
): WatchSystemResponse {
  return create(WatchSystemResponseSchema, {
    time: timestampFromMs(atSeconds * 1000),
    services: [{ service, instances: [...instances] }],
    durationBounds: [durationFromMs(10), durationFromMs(100)],
  })
}

/** A sample of rating. */
export function sampleAt(
  atSeconds: number,
  figures: NonNullable<MessageInitShape<typeof SystemSampleSchema>['services']>[number],
): SystemSample {
  return create(SystemSampleSchema, {
    time: timestampFromMs(atSeconds * 1000),
    services: [{ service: 'rating', ...figures } as never],
  })
}
