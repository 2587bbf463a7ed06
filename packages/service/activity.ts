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

/** What only some services tell. */
export type ActivityDetails = Pick<ActivityInit, 'ingestion'>

export interface ActivitySources {
  /** The service's short name. */
  readonly service: string
  readonly metrics: CallCounts
  readonly health: Health
  readonly details?: (() => ActivityDetails) | undefined
}

/** How long a watch waits between two answers when its caller does not say, in milliseconds. */
const intervalMsDefault = 1_000

/** `system.v1.ActivityService`: what this process has done since it started. */
export function addActivity(router: RpcRouter, sources: ActivitySources): void {
  const implementation: ServiceImpl<typeof ActivityService> = {
    getActivity: () => ({ activity: tell(sources) }),
    async *watchActivity({ intervalMs }, { signal }) {
      while (!signal.aborted) {
        yield { activity: tell(sources) }
        await delay(intervalMs || intervalMsDefault, undefined, { signal }).catch(() => {})
      }
    },
  }
  router.service(ActivityService, implementation, { repeatsState: true })
}

function tell({ service, metrics, health, details }: ActivitySources): ActivityInit {
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
