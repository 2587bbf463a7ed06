import { historySeconds, type InstanceSample, type Sample } from './monitor.ts'
import { sum } from './rates.ts'

/** One line of a chart. */
export interface Series {
  readonly label: string
  /** As many as the chart has times; null where nothing is known. */
  readonly values: readonly (number | null)[]
}

export interface ChartData {
  /** Seconds since the epoch. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
}

/** After how long without a sample a line is interrupted, in seconds. */
const gapSeconds = 5

/** A line for each of the services, of a figure that is summed over its instances. */
export function serviceSeries(
  history: readonly Sample[],
  services: readonly string[],
  figure: (sample: InstanceSample) => number | undefined,
): ChartData {
  return chartData(history, services, (sample, service) => {
    const own = [...sample.instances.values()].filter((one) => one.service === service)
    const known = own.map(figure).filter((value) => value !== undefined)
    return known.length === 0 ? null : sum(known)
  })
}

/** A line for each instance. */
export function instanceSeries(
  history: readonly Sample[],
  ids: readonly string[],
  figure: (sample: InstanceSample) => number | undefined,
): ChartData {
  return chartData(history, ids, (sample, id) => {
    const one = sample.instances.get(id)
    return (one && figure(one)) ?? null
  })
}

function chartData(
  history: readonly Sample[],
  labels: readonly string[],
  valueAt: (sample: Sample, label: string) => number | null,
): ChartData {
  const samples = withGaps(history)
  return {
    times: samples.map((one) => one.atSeconds),
    series: labels.map((label) => ({
      label,
      values: samples.map((one) => ('instances' in one ? valueAt(one, label) : null)),
    })),
  }
}

type Gap = Pick<Sample, 'atSeconds'>

/** The samples, and between those that are far apart a time of which nothing is known. */
function withGaps(history: readonly Sample[]): (Sample | Gap)[] {
  return history.flatMap((sample, index) => {
    const before = history[index - 1]
    const isGap = before && sample.atSeconds - before.atSeconds > gapSeconds
    return isGap ? [{ atSeconds: before.atSeconds + 1 }, sample] : [sample]
  })
}

/** What of time a chart shows: the same width from the first sample on. */
export function timeRange(history: readonly Sample[]): readonly [number, number] {
  const end = history.at(-1)?.atSeconds ?? 0
  return [end - historySeconds, end]
}
