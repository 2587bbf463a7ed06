import { create } from '@bufbuild/protobuf'
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt'
import {
  type Activity,
  ActivitySchema,
  type InstanceReport,
  InstanceReport_Health,
  InstanceReportSchema,
  type WatchSystemResponse,
  WatchSystemResponseSchema,
} from '@marquee/client/system'

interface ActivityOptions {
  readonly startSeconds?: number
  readonly appliedCount?: bigint
}

/** Activity of an instance at a time, with the number of ended calls by code. */
export function activityAt(
  atSeconds: number,
  counts: Readonly<Record<string, number>>,
  { startSeconds = 0, appliedCount }: ActivityOptions = {},
): Activity {
  const codes = Object.entries(counts).map(([code, count]) => ({ code, count: BigInt(count) }))
  return create(ActivitySchema, {
    service: 'rating',
    time: timestampFromMs(atSeconds * 1000),
    startTime: timestampFromMs(startSeconds * 1000),
    calls: [{ protocol: 'connect', method: 'rating.v1.RatingService/PutRating', codes }],
    ...(appliedCount === undefined ? {} : { ingestion: { appliedCount } }),
  })
}

/** An instance of rating that serves with this activity; without one it is unreachable. */
export function instanceWith(id: string, activity: Activity | undefined): InstanceReport {
  return create(InstanceReportSchema, {
    id,
    url: `http://10.0.0.1:80${id}`,
    ...(activity
      ? { activity, health: InstanceReport_Health.SERVING, latency: durationFromMs(2) }
      : { health: InstanceReport_Health.UNREACHABLE, unreachableReason: 'refused' }),
  })
}

/** A report at a time, with these instances of rating. */
export function reportAt(
  atSeconds: number,
  instances: readonly InstanceReport[],
): WatchSystemResponse {
  return create(WatchSystemResponseSchema, {
    time: timestampFromMs(atSeconds * 1000),
    services: [{ service: 'rating', instances: [...instances] }],
  })
}
