import { setTimeout as delay } from 'node:timers/promises'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type TimestampSchema, timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { ServiceImpl } from '@connectrpc/connect'
import { toDuration } from '@marquee/connect-hono/duration'
import type { RpcRouter } from '@marquee/connect-hono/router'
import {
  type Activity,
  ActivitySchema,
  ActivityService,
  type EndedCall as EndedCallMessage,
  EndedCallSchema,
} from '../../gen/system/v1/system_pb.ts'
import type { CallCounts } from './metrics/call-metrics.ts'
import { type EndedCall, endedCallsMax } from './metrics/ended-calls.ts'
import { type CallTally, type Counts, durationBoundsMs, isFault } from './metrics/tally.ts'
import type { Health } from './process/health.ts'
import { pageSizeOf } from './rest/page-size.ts'
import {
  activitySubjects,
  mergeActivities,
  mergeCalls,
  readActivity,
  writeActivity,
  writeCalls,
} from './workers/activity.ts'
import type { Workers } from './workers/port.ts'

type ActivityInit = Exclude<MessageInitShape<typeof ActivitySchema>, { $typeName: string }>
type CallInit = Exclude<MessageInitShape<typeof EndedCallSchema>, { $typeName: string }>

/** Activity that only some services report. */
export type ActivityDetails = Pick<ActivityInit, 'ingestion'>

export interface ActivitySources {
  /** Short name of the service. */
  readonly service: string
  readonly metrics: CallCounts
  readonly health: Health
  readonly details?: (() => ActivityDetails) | undefined
  /** Processes whose activity is reported as one. */
  readonly workers: Pick<Workers, 'place' | 'report' | 'gather'>
}

/** Default time between two responses of a watch, in milliseconds. */
const intervalMsDefault = 1_000
const pageSizes = { ofDefault: 20, max: endedCallsMax }
const durationBounds = durationBoundsMs.map(toDuration)

/** Adds `system.v1.ActivityService`, which reports the work of the service since its start. */
export function addActivity(router: RpcRouter, sources: ActivitySources): void {
  const { activity, calls } =
    sources.workers.place === undefined ? createOwn(sources) : createGathered(sources)
  const implementation: ServiceImpl<typeof ActivityService> = {
    getActivity: async () => ({ activity: await activity() }),
    async *watchActivity({ intervalMs }, { signal }) {
      while (!signal.aborted) {
        yield { activity: await activity() }
        await delay(intervalMs || intervalMsDefault, undefined, { signal }).catch(() => {})
      }
    },
    async listCalls({ method, requestId, pageSize }) {
      const found = (await calls())
        .filter((call) => method === '' || call.method === method)
        .filter((call) => requestId === '' || call.requestId === requestId)
        .take(pageSizeOf(pageSize, pageSizes))
      return { calls: [...found] }
    },
  }
  router.service(ActivityService, implementation, { repeatsState: true })
}

type LastCalls = IteratorObject<CallInit | EndedCallMessage>

/** Activity and last calls of a service, the newest first. */
interface Reports {
  activity(): ActivityInit | Promise<Activity>
  calls(): LastCalls | Promise<LastCalls>
}

function createOwn(sources: ActivitySources): Reports {
  return { activity: () => activityOf(sources), calls: () => callsOf(sources) }
}

/** Creates the reports of all workers together, and reports this one to the others. */
function createGathered(sources: ActivitySources): Reports {
  const { workers } = sources
  const own = () => create(ActivitySchema, activityOf(sources))
  workers.report(activitySubjects.activity, async () => writeActivity(own()))
  workers.report(activitySubjects.calls, async () =>
    writeCalls(Array.from(callsOf(sources), (call) => create(EndedCallSchema, call))),
  )
  return {
    async activity() {
      const [first, ...others] = (await workers.gather(activitySubjects.activity)).map(readActivity)
      const { time, startTime, problems } = own()
      const all = first === undefined ? own() : mergeActivities([first, ...others])
      return { ...all, problems, ...(time && { time }), ...(startTime && { startTime }) }
    },
    calls: async () => mergeCalls(await workers.gather(activitySubjects.calls)).values(),
  }
}

function activityOf(sources: ActivitySources): ActivityInit {
  const { service, metrics, health, details, workers } = sources
  const startTimeMs = workers.place?.startTimeMs ?? performance.timeOrigin
  return {
    service,
    time: timestampFromMs(Date.now()),
    startTime: timestampFromMs(Math.round(startTimeMs)),
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

function callsOf({ metrics }: ActivitySources): IteratorObject<CallInit> {
  // A monotonic time becomes one of the clock now, so that a changed clock moves all calls alike.
  const epochMs = Date.now() - performance.now()
  return metrics.ended.newestFirst().map((call) => toEndedCall(call, epochMs))
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
