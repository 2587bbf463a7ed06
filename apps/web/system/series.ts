import type { ServiceSample, SystemSample } from '@marquee/client/system'
import { quantile } from './quantile.ts'
import { millis } from './times.ts'

/** One line of a chart. */
export interface Series {
  readonly label: string
  /** One value for each time of the chart; null where it is unknown. */
  readonly values: readonly (number | null)[]
}

export interface ChartData {
  /** Times, in seconds since the epoch. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
}

/** Minimum time without a sample that interrupts a line, in seconds. Old samples have 20 each. */
const gapSeconds = 30

/** Number of moments from which one of them may be above the scale. */
const momentsMin = 20

/** A figure of a service, or undefined where it is unknown. */
export type Figure = (sample: ServiceSample) => number | undefined

export function p95Of(boundsMs: readonly number[]): Figure {
  return ({ durationBuckets }) => finite(quantile(boundsMs, durationBuckets.map(Number), 0.95))
}

/** A chart has no place for a duration above the last bound. */
function finite(value: number | undefined): number | undefined {
  return value === Number.POSITIVE_INFINITY ? undefined : value
}

/** A line for each service, over the last seconds of the samples. */
export function serviceSeries(
  samples: readonly SystemSample[],
  services: readonly string[],
  seconds: number,
  figure: Figure,
): ChartData {
  const [start] = timeRange(samples, seconds)
  const shown = withGaps(samples.filter((one) => secondsOf(one) >= start))
  return {
    times: shown.map(({ at }) => at),
    series: services.map((name) => ({
      label: name,
      values: shown.map(({ sample }) => {
        const own = sample?.services.find(({ service }) => service === name)
        return (own && figure(own)) ?? null
      }),
    })),
  }
}

/** The time range of a chart, in seconds since the epoch, always as wide. */
export function timeRange(
  samples: readonly SystemSample[],
  seconds: number,
): readonly [number, number] {
  const last = samples.at(-1)
  const end = last ? secondsOf(last) : 0
  return [end - seconds, end]
}

/**
 * Maximum that a scale needs: the highest value, or the 99th percentile of the highest values of each
 * moment when the maximum is more than twice as large. One slow moment, also when it is one of all
 * services, does not flatten the rest. The newest moment is always on the scale, and so is
 * everything while there are few.
 */
export function robustMax({ times, series }: ChartData): number {
  const highest = times.flatMap((_, index) => {
    const known = series.flatMap(({ values }) => values[index] ?? [])
    return known.length === 0 ? [] : Math.max(...known)
  })
  const sorted = highest.toSorted((a, b) => a - b)
  const most = sorted.at(-1) ?? 0
  const usual = sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0
  if (highest.length < momentsMin || most <= 2 * usual) return most
  return Math.max(usual, highest.at(-1) ?? 0)
}

/** The samples, with a gap between those that are far apart. */
function withGaps(samples: readonly SystemSample[]) {
  return samples.flatMap((sample, index) => {
    const at = secondsOf(sample)
    const before = samples[index - 1]
    const isGap = before && at - secondsOf(before) > gapSeconds
    const gap = isGap ? [{ at: secondsOf(before) + 1, sample: undefined }] : []
    return [...gap, { at, sample }]
  })
}

function secondsOf({ time }: SystemSample): number {
  return millis(time) / 1000
}
