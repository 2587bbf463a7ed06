import { create } from '@bufbuild/protobuf'
import { type ServiceSample, ServiceSampleSchema, type SystemSample } from '@marquee/client/system'
import { ingestions } from './ingestions.ts'
import { methodRows } from './method-rows.ts'
import { type Monitor, secondsShown } from './monitor.ts'
import { mergeBuckets, quantile, sum } from './quantile.ts'

export type Level = 'normal' | 'warning' | 'critical'

/** One of the figures at the top of the page, over time. */
export interface Headline {
  readonly id: 'requests' | 'errors' | 'latency' | 'lag'
  /** The value over the last 30 s, as in the table of methods; undefined when it is unknown. */
  readonly value: number | undefined
  readonly level: Level
  /** Values over time, oldest first; null where they are unknown. */
  readonly values: readonly (number | null)[]
}

/** Number of the newest samples that are shown: those of 15 minutes. */
const shownCountMax = 180

type Figure = (
  services: readonly ServiceSample[],
  boundsMs: readonly number[],
) => number | undefined

interface Rule {
  readonly id: Headline['id']
  readonly figure: Figure
  /** Values from which it is a warning, or critical. Default: never. */
  readonly thresholds?: readonly [warning: number, critical: number]
}

const rules: readonly Rule[] = [
  { id: 'requests', figure: (services) => total(services, (one) => one.callsPerSecond) },
  { id: 'errors', figure: errorPercent, thresholds: [1, 5] },
  { id: 'latency', figure: p95, thresholds: [500, 1000] },
  { id: 'lag', figure: lag, thresholds: [1000, 10_000] },
]

/**
 * The figures at the top of the page.
 * @param service Empty for all services together.
 */
export function headlines(monitor: Monitor, service: string): Headline[] {
  const { samples, boundsMs } = monitor
  const shown = samples.slice(-shownCountMax)
  const current = secondsShown(monitor) > 0 ? currentSample(monitor, service) : undefined
  return rules.map(({ id, figure, thresholds }) => {
    const values = shown.map((sample) => figure(ofService(sample, service), boundsMs) ?? null)
    const value = current ? figure(current, boundsMs) : (values.at(-1) ?? undefined)
    return { id, value, values, level: levelOf(value, thresholds) }
  })
}

/** The figures of the window, in the form of a sample. */
function currentSample(monitor: Monitor, name: string): ServiceSample[] {
  const rows = methodRows(monitor).filter(
    ({ internal, stale, service }) => !internal && !stale && (name === '' || service === name),
  )
  const known = name === '' || name === 'rating' ? ingestions(monitor) : []
  const lags = known.flatMap(({ partitions }) => partitions.map((one) => one.lag))
  const unary = rows.filter(({ streaming }) => !streaming)
  const sample = create(ServiceSampleSchema, {
    callsPerSecond: sum(rows.map((one) => one.perSecond)),
    faultsPerSecond: sum(rows.map((one) => one.faultsPerSecond)),
    durationBuckets: mergeBuckets(unary.map(({ buckets }) => buckets)).map(BigInt),
    ...(known.length > 0 && { lag: lags.reduce((total, one) => total + one, 0n) }),
  })
  return [sample]
}

function ofService({ services }: SystemSample, name: string): ServiceSample[] {
  return name === '' ? services : services.filter(({ service }) => service === name)
}

function levelOf(value: number | undefined, thresholds: Rule['thresholds']): Level {
  if (value === undefined || !thresholds || value < thresholds[0]) return 'normal'
  return value < thresholds[1] ? 'warning' : 'critical'
}

function total(services: readonly ServiceSample[], read: (one: ServiceSample) => number) {
  return services.length === 0 ? undefined : sum(services.map(read))
}

function errorPercent(services: readonly ServiceSample[]): number | undefined {
  const calls = total(services, (one) => one.callsPerSecond)
  const faults = total(services, (one) => one.faultsPerSecond) ?? 0
  return calls === undefined ? undefined : calls === 0 ? 0 : (faults / calls) * 100
}

function p95(services: readonly ServiceSample[], boundsMs: readonly number[]): number | undefined {
  const histograms = services.map(({ durationBuckets }) => durationBuckets.map(Number))
  return quantile(boundsMs, mergeBuckets(histograms), 0.95)
}

function lag(services: readonly ServiceSample[]): number | undefined {
  const known = services.flatMap((one) => (one.lag === undefined ? [] : Number(one.lag)))
  return known.length === 0 ? undefined : sum(known)
}
