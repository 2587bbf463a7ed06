import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import {
  type Activity,
  InstanceReport_Health as Health,
  type InstanceReport,
  type ServiceReport,
  type ServiceSample,
  type ServiceSampleSchema,
  type SystemSample,
  SystemSampleSchema,
  type WatchSystemResponse,
} from '../../gen/system/v1/system_pb.ts'

/** Minimum time between two samples, in milliseconds. */
const sampleMs = 5_000
/** Maximum number of samples that are kept as they are: those of 15 minutes. */
const samplesMax = 180
/** Number of samples that become one when they are older. */
const mergedCount = 4
/** Maximum number of merged samples: those of 45 minutes. */
const mergedSamplesMax = 135

/** Samples of the system over time. */
export interface SystemSamples {
  /** Takes a sample when it is time for one. @param nowMs on a monotonic clock. */
  add(report: Pick<WatchSystemResponse, 'services' | 'time'>, nowMs: number): void
  /** Returns the samples, oldest first. The array stays the same until the next sample. */
  all(): readonly SystemSample[]
}

export function createSystemSamples(): SystemSamples {
  let merged: readonly SystemSample[] = []
  let latest: readonly SystemSample[] = []
  let samples: readonly SystemSample[] = []
  let before: { readonly nowMs: number; readonly activities: Activities } | undefined
  return {
    add({ services, time }, nowMs) {
      if (before && nowMs - before.nowMs < sampleMs) return
      const last = before?.activities
      before = { nowMs, activities: activitiesOf(services) }
      if (!last) return
      const sample = create(SystemSampleSchema, { time, services: serviceSamples(services, last) })
      latest = [...latest, sample]
      if (latest.length >= samplesMax + mergedCount) {
        const older = mergeSamples(latest.slice(0, mergedCount))
        merged = [...merged, older].slice(-mergedSamplesMax)
        latest = latest.slice(mergedCount)
      }
      samples = [...merged, ...latest]
    },
    all: () => samples,
  }
}

/** One sample for the time of several: its rates are their means, and its lag is the highest. */
function mergeSamples(samples: readonly SystemSample[]): SystemSample {
  const all = samples.flatMap(({ services }) => services)
  const names = [...new Set(all.map(({ service }) => service))]
  return create(SystemSampleSchema, {
    time: samples.at(-1)?.time,
    services: names.map((name) => mergeService(all.filter(({ service }) => service === name))),
  })
}

function mergeService(samples: readonly ServiceSample[]): ServiceSampleInit {
  const mean = (rate: (one: ServiceSample) => number) =>
    samples.reduce((sum, one) => sum + rate(one), 0) / samples.length
  const [first] = samples
  const lags = samples.flatMap(({ lag }) => lag ?? [])
  return {
    service: first?.service,
    callsPerSecond: mean((one) => one.callsPerSecond),
    faultsPerSecond: mean((one) => one.faultsPerSecond),
    durationBuckets: first?.durationBuckets.map((_, n) =>
      samples.reduce((sum, one) => sum + (one.durationBuckets[n] ?? 0n), 0n),
    ),
    appliedPerSecond: mean((one) => one.appliedPerSecond),
    lag: lags.toSorted((a, b) => Number(a - b)).at(-1),
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
