import { setTimeout as delay } from 'node:timers/promises'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { ServiceImpl } from '@connectrpc/connect'
import { toDuration } from '@marquee/connect-hono/duration'
import type { RpcRouter } from '@marquee/connect-hono/router'
import { type ActivitySchema, ActivityService } from '../../gen/system/v1/system_pb.ts'
import type { CallCounts, CallTally } from './metrics/call-metrics.ts'
import type { Health } from './process/health.ts'

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
    ...details?.(),
  }
}

function toMethodCalls({ protocol, method, countByCode, sumMs }: CallTally) {
  const codes = Array.from(countByCode, ([code, count]) => ({ code, count: BigInt(count) }))
  return { protocol, method, codes, durationSum: toDuration(sumMs) }
}

function problemsOf(health: Health) {
  const ofCalls = new Set(health.problems('calls').map(({ name }) => name))
  return health
    .problems()
    .map(({ name, reason }) => ({ name, reason, affectsCalls: ofCalls.has(name) }))
}
