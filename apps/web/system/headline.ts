import type { ServiceSample, SystemSample } from '@marquee/client/system'
import type { Monitor } from './monitor.ts'
import { mergeBuckets, quantile, sum } from './quantile.ts'

export type Level = 'normal' | 'warning' | 'critical'

/** One of the figures at the top of the page, over time. */
export interface Headline {
  readonly id: 'requests' | 'errors' | 'latency' | 'lag'
  /** The newest value; undefined when it is unknown. */
  readonly value: number | undefined
  readonly level: Level
  /** Values over time, oldest first; null where they are unknown. */
  readonly values: readonly (number | null)[]
}

/** Number of the newest samples that are shown: those of 15 minutes. */
export const shownCountMax = 180

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
export function headlines({ samples, boundsMs }: Monitor, service: string): Headline[] {
  const shown = samples.slice(-shownCountMax)
  return rules.map(({ id, figure, thresholds }) => {
    const values = shown.map((sample) => figure(ofService(sample, service), boundsMs) ?? null)
    const value = values.at(-1) ?? undefined
    return { id, value, values, level: levelOf(value, thresholds) }
  })
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
