import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import {
  type Activity,
  InstanceReport_Health as Health,
  type InstanceReport,
  type ServiceReport,
  type ServiceSampleSchema,
  type SystemSample,
  SystemSampleSchema,
  type WatchSystemResponse,
} from '../../gen/system/v1/system_pb.ts'

/** Minimum time between two samples, in milliseconds. */
const sampleMs = 5_000
/** Maximum number of samples: those of 15 minutes. */
const samplesMax = 180

/** Samples of the system over time. */
export interface SystemSamples {
  /** Takes a sample when it is time for one. @param nowMs on a monotonic clock. */
  add(report: Pick<WatchSystemResponse, 'services' | 'time'>, nowMs: number): void
  /** Returns the samples, oldest first. The array stays the same until the next sample. */
  all(): readonly SystemSample[]
}

export function createSystemSamples(): SystemSamples {
  let samples: readonly SystemSample[] = []
  let before: { readonly nowMs: number; readonly activities: Activities } | undefined
  return {
    add({ services, time }, nowMs) {
      if (before && nowMs - before.nowMs < sampleMs) return
      const last = before?.activities
      before = { nowMs, activities: activitiesOf(services) }
      if (!last) return
      const sample = create(SystemSampleSchema, { time, services: serviceSamples(services, last) })
      samples = [...samples, sample].slice(-samplesMax)
    },
    all: () => samples,
  }
}

/** The last activity of each instance that responds, by id. */
type Activities = ReadonlyMap<string, Activity>
type ServiceSampleInit = MessageInitShape<typeof ServiceSampleSchema>

function activitiesOf(services: readonly ServiceReport[]): Activities {
  const instances = services.flatMap((one) => one.instances)
  return new Map(
    instances.flatMap((one) => (isReached(one) ? [[one.id, one.activity] as const] : [])),
  )
}

function isReached(one: InstanceReport): one is InstanceReport & { activity: Activity } {
  return one.activity !== undefined && one.health !== Health.UNREACHABLE
}

function serviceSamples(services: readonly ServiceReport[], before: Activities) {
  return services.flatMap(({ service, instances }): ServiceSampleInit[] => {
    const reached = instances.filter(isReached)
    const grown = reached.flatMap(({ id, activity }) => growthOf(before.get(id), activity) ?? [])
    if (grown.length === 0) return []
    const total = (rate: (one: Growth) => number) => grown.reduce((sum, one) => sum + rate(one), 0)
    const bucketCount = grown[0]?.buckets.length ?? 0
    const buckets = Array.from({ length: bucketCount }, (_, n) =>
      total((one) => one.buckets[n] ?? 0),
    )
    return [
      {
        service,
        callsPerSecond: total(({ calls, seconds }) => calls / seconds),
        faultsPerSecond: total(({ faults, seconds }) => faults / seconds),
        durationBuckets: buckets.map(BigInt),
        appliedPerSecond: total(({ applied, seconds }) => applied / seconds),
        lag: lagOf(reached.map(({ activity }) => activity)),
      },
    ]
  })
}

/** Counts of one process within a number of seconds. */
interface Growth extends Totals {
  readonly seconds: number
}

/** Returns `undefined` for a process that was not there before: its counts begin at 0. */
function growthOf(before: Activity | undefined, now: Activity): Growth | undefined {
  const seconds = (msOf(now.time) - msOf(before?.time)) / 1_000
  if (!before || msOf(before.startTime) !== msOf(now.startTime) || seconds <= 0) return undefined
  const [first, last] = [totalsOf(before), totalsOf(now)]
  const grown = (read: (totals: Totals) => number) => Math.max(0, read(last) - read(first))
  return {
    seconds,
    calls: grown(({ calls }) => calls),
    faults: grown(({ faults }) => faults),
    applied: grown(({ applied }) => applied),
    buckets: last.buckets.map((_, index) => grown(({ buckets }) => buckets[index] ?? 0)),
  }
}

interface Totals {
  readonly calls: number
  readonly faults: number
  readonly applied: number
  readonly buckets: readonly number[]
}

function totalsOf({ calls: methods, durationBounds, ingestion }: Activity): Totals {
  const buckets: number[] = new Array(durationBounds.length + 1).fill(0)
  let calls = 0
  let faults = 0
  for (const { internal, streaming, codes, durationBuckets } of methods) {
    if (internal) continue
    for (const { count, fault } of codes) {
      calls += Number(count)
      if (fault) faults += Number(count)
    }
    if (streaming) continue
    for (const [n, count] of durationBuckets.entries())
      buckets[n] = (buckets[n] ?? 0) + Number(count)
  }
  return { calls, faults, applied: Number(ingestion?.appliedCount ?? 0n), buckets }
}

function lagOf(activities: readonly Activity[]): bigint | undefined {
  const known = activities.flatMap(({ ingestion }) => ingestion ?? [])
  if (known.length === 0) return undefined
  return known.flatMap(({ partitions }) => partitions).reduce((sum, { lag }) => sum + lag, 0n)
}

function msOf(time: Activity['time']): number {
  return time === undefined ? 0 : timestampMs(time)
}
