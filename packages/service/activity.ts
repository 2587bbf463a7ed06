import { setTimeout as delay } from 'node:timers/promises'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { type TimestampSchema, timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { ServiceImpl } from '@connectrpc/connect'
import { toDuration } from '@marquee/connect-hono/duration'
import type { RpcRouter } from '@marquee/connect-hono/router'
import {
  type ActivitySchema,
  ActivityService,
  type ListCallsRequest,
} from '../../gen/system/v1/system_pb.ts'
import type { CallCounts } from './metrics/call-metrics.ts'
import { type EndedCall, endedCallsMax } from './metrics/ended-calls.ts'
import { type CallTally, type Counts, durationBoundsMs, isFault } from './metrics/tally.ts'
import type { Health } from './process/health.ts'
import { pageSizeOf } from './rest/page-size.ts'

type ActivityInit = Exclude<MessageInitShape<typeof ActivitySchema>, { $typeName: string }>

/** Activity that only some services report. */
export type ActivityDetails = Pick<ActivityInit, 'ingestion'>

export interface ActivitySources {
  /** Short name of the service. */
  readonly service: string
  readonly metrics: CallCounts
  readonly health: Health
  readonly details?: (() => ActivityDetails) | undefined
}

/** Default time between two responses of a watch, in milliseconds. */
const intervalMsDefault = 1_000
const pageSizes = { ofDefault: 20, max: endedCallsMax }
const durationBounds = durationBoundsMs.map(toDuration)

/** Adds `system.v1.ActivityService`, which reports the work of this process since its start. */
export function addActivity(router: RpcRouter, sources: ActivitySources): void {
  const implementation: ServiceImpl<typeof ActivityService> = {
    getActivity: () => ({ activity: activityOf(sources) }),
    async *watchActivity({ intervalMs }, { signal }) {
      while (!signal.aborted) {
        yield { activity: activityOf(sources) }
        await delay(intervalMs || intervalMsDefault, undefined, { signal }).catch(() => {})
      }
    },
    listCalls: (request) => ({ calls: callsOf(sources, request) }),
  }
  router.service(ActivityService, implementation, { repeatsState: true })
}

function activityOf({ service, metrics, health, details }: ActivitySources): ActivityInit {
  return {
    service,
    time: timestampFromMs(Date.now()),
    startTime: timestampFromMs(Math.round(performance.timeOrigin)),
    calls: Array.from(metrics.calls(), toMethodCalls),
    callsInFlight: BigInt(metrics.callsInFlight()),
    problems: problemsOf(health),
    memoryBytes: BigInt(process.memoryUsage().rss),
    durationBounds,
    clientCalls: Array.from(metrics.clients.counts(), ([target, counts]) => ({
      target,
      ...toCounts(counts),
    })),
    ...details?.(),
  }
}

function toMethodCalls({ protocol, method, sumMs, isInternal, isStream, ...counts }: CallTally) {
  const kind = { internal: isInternal, streaming: isStream }
  return { protocol, method, ...toCounts(counts), durationSum: toDuration(sumMs), ...kind }
}

function toCounts({ countByCode, countByBound }: Counts) {
  return {
    codes: Array.from(countByCode, ([code, count]) => {
      return { code, count: BigInt(count), fault: isFault(code) }
    }),
    durationBuckets: countByBound.map(BigInt),
  }
}

function callsOf({ metrics }: ActivitySources, request: ListCallsRequest) {
  const { method, requestId } = request
  // A monotonic time becomes one of the clock now, so that a changed clock moves all calls alike.
  const epochMs = Date.now() - performance.now()
  return metrics.ended
    .newestFirst()
    .filter((call) => method === '' || call.method === method)
    .filter((call) => requestId === '' || call.requestId === requestId)
    .take(pageSizeOf(request.pageSize, pageSizes))
    .map((call) => toEndedCall(call, epochMs))
    .toArray()
}

function toEndedCall({ startMs, durationMs, code, ...call }: EndedCall, epochMs: number) {
  const { protocol, method, requestId, traceId } = call
  const times = { startTime: toTimestamp(epochMs + startMs), duration: toDuration(durationMs) }
  return { ...times, protocol, method, code, fault: isFault(code), requestId, traceId }
}

/** Returns a time in microseconds. */
function toTimestamp(timeMs: number): MessageInitShape<typeof TimestampSchema> {
  const { seconds, nanos } = toDuration(timeMs)
  return { seconds, nanos }
}

function problemsOf(health: Health) {
  const ofCalls = new Set(health.problems('calls').map(({ name }) => name))
  return health
    .problems()
    .map(({ name, reason }) => ({ name, reason, affectsCalls: ofCalls.has(name) }))
}
