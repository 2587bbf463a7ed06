import { durationMs } from '@bufbuild/protobuf/wkt'
import {
  type Activity,
  type InstanceReport,
  InstanceReport_Health,
  type WatchSystemResponse,
} from '@marquee/client/system'
import {
  appliedPerSecond,
  type CallRate,
  callRates,
  callsPerSecond,
  millis,
  secondsBetween,
} from './rates.ts'

/** Age of the oldest sample, in seconds. */
export const historySeconds = 120

/** Window of the rates of methods, in seconds, so that rare calls do not flicker. */
const methodRateSeconds = 10

/** The state of the system: the last report, and rates and samples from earlier ones. */
export interface Monitor {
  readonly report: WatchSystemResponse
  /** Rates by instance id. */
  readonly instances: ReadonlyMap<string, InstanceRates>
  /** Samples of the last `historySeconds`, oldest first. */
  readonly history: readonly Sample[]
}

export interface InstanceRates {
  /** Activities of one process, oldest first, of the last `methodRateSeconds`. */
  readonly activities: readonly Activity[]
  readonly calls: readonly CallRate[]
  readonly callsPerSecond: number | undefined
  readonly appliedPerSecond: number | undefined
}

/** Figures of one report, for the charts. */
export interface Sample {
  readonly atSeconds: number
  readonly instances: ReadonlyMap<string, InstanceSample>
}

export interface InstanceSample {
  readonly service: string
  readonly latencyMs: number | undefined
  readonly callsPerSecond: number | undefined
  readonly appliedPerSecond: number | undefined
  /** Events not ingested yet, in all partitions of the instance. */
  readonly lag: number | undefined
}

export function monitorAfter(monitor: Monitor | undefined, report: WatchSystemResponse): Monitor {
  const reports = report.services.flatMap((service) => service.instances)
  const instances = new Map(
    reports.map((instance) => [
      instance.id,
      ratesAfter(monitor?.instances.get(instance.id), instance),
    ]),
  )
  const sample = sampleOf(report, instances)
  const since = sample.atSeconds - historySeconds
  // An earlier time than before means that the clock was set back: later samples no longer fit.
  const recent = (monitor?.history ?? []).filter(
    ({ atSeconds }) => atSeconds >= since && atSeconds < sample.atSeconds,
  )
  return { report, instances, history: [...recent, sample] }
}

function ratesAfter(before: InstanceRates | undefined, instance: InstanceReport): InstanceRates {
  const { activity } = instance
  const none = { activities: [], calls: [], callsPerSecond: undefined, appliedPerSecond: undefined }
  if (!activity || instance.health === InstanceReport_Health.UNREACHABLE) {
    return before
      ? {
          ...before,
          callsPerSecond: undefined,
          appliedPerSecond: undefined,
          calls: withoutRate(before.calls),
        }
      : none
  }
  const last = before?.activities.at(-1)
  // The same activity again has nothing new.
  if (before && last && millis(last.time) === millis(activity.time)) return before
  const known = (before?.activities ?? []).filter((one) => {
    const seconds = secondsBetween(one, activity)
    return seconds !== undefined && seconds <= methodRateSeconds + 0.5
  })
  const activities = [...known, activity]
  return {
    activities,
    calls: callRates(known[0], activity),
    callsPerSecond: callsPerSecond(known.at(-1), activity),
    appliedPerSecond: appliedPerSecond(known.at(-1), activity),
  }
}

function withoutRate(calls: readonly CallRate[]): CallRate[] {
  return calls.map((call) => ({ ...call, perSecond: 0 }))
}

function sampleOf(report: WatchSystemResponse, rates: ReadonlyMap<string, InstanceRates>): Sample {
  const instances = report.services.flatMap(({ service, instances: reports }) =>
    reports.map((instance) => [instance.id, instanceSample(service, instance, rates)] as const),
  )
  return { atSeconds: millis(report.time) / 1000, instances: new Map(instances) }
}

function instanceSample(
  service: string,
  { id, health, latency, activity }: InstanceReport,
  rates: ReadonlyMap<string, InstanceRates>,
): InstanceSample {
  const isUnreachable = health === InstanceReport_Health.UNREACHABLE
  const partitions = activity?.ingestion?.partitions
  return {
    service,
    latencyMs: latency && !isUnreachable ? durationMs(latency) : undefined,
    callsPerSecond: rates.get(id)?.callsPerSecond,
    appliedPerSecond: rates.get(id)?.appliedPerSecond,
    lag:
      partitions && !isUnreachable
        ? partitions.reduce((total, { lag }) => total + Number(lag), 0)
        : undefined,
  }
}
