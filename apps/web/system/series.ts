import type { ServiceReport } from '@marquee/client/system'
import { addressText } from './format.ts'
import { historySeconds, type InstanceSample, type Sample } from './monitor.ts'
import { sum } from './rates.ts'

/** One line of a chart. */
export interface Series {
  readonly label: string
  /** Service that sets the colour of the line. */
  readonly service: string
  /** Number of the line within its service, from 0; sets the dash pattern. */
  readonly line: number
  /** One value for each time of the chart; null where it is unknown. */
  readonly values: readonly (number | null)[]
}

export interface ChartData {
  /** Times, in seconds since the epoch. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
}

/** Minimum time without a sample that interrupts a line, in seconds. */
const gapSeconds = 5

/** A line for each service: the figure summed over its instances. */
export function serviceSeries(
  history: readonly Sample[],
  services: readonly string[],
  figure: Figure,
): ChartData {
  const lines = services.map((service) => ({ label: service, service, line: 0 }))
  return chartData(history, lines, (sample, { service }) => {
    const own = [...sample.instances.values()].filter((one) => one.service === service)
    const known = own.map(figure).filter((value) => value !== undefined)
    return known.length === 0 ? null : sum(known)
  })
}

/** A line for each instance. */
export function instanceSeries(
  history: readonly Sample[],
  services: readonly ServiceReport[],
  figure: Figure,
): ChartData {
  const lines = services.flatMap(({ service, instances }) =>
    instances.map(({ id, url }, line) => {
      const label = instances.length === 1 ? service : `${service} ${addressText(url)}`
      return { id, label, service, line }
    }),
  )
  return chartData(history, lines, (sample, { id }) => {
    const one = sample.instances.get(id)
    return (one && figure(one)) ?? null
  })
}

type Figure = (sample: InstanceSample) => number | undefined
type Line = Omit<Series, 'values'>

function chartData<L extends Line>(
  history: readonly Sample[],
  lines: readonly L[],
  valueAt: (sample: Sample, line: L) => number | null,
): ChartData {
  const samples = withGaps(history)
  return {
    times: samples.map((one) => one.atSeconds),
    series: lines.map((line) => ({
      label: line.label,
      service: line.service,
      line: line.line,
      values: samples.map((one) => ('instances' in one ? valueAt(one, line) : null)),
    })),
  }
}

type Gap = Pick<Sample, 'atSeconds'>

/** The samples, with a gap between those that are far apart. */
function withGaps(history: readonly Sample[]): (Sample | Gap)[] {
  return history.flatMap((sample, index) => {
    const before = history[index - 1]
    const isGap = before && sample.atSeconds - before.atSeconds > gapSeconds
    return isGap ? [{ atSeconds: before.atSeconds + 1 }, sample] : [sample]
  })
}

/** The time range of a chart: always `historySeconds` wide. */
export function timeRange(history: readonly Sample[]): readonly [number, number] {
  const end = history.at(-1)?.atSeconds ?? 0
  return [end - historySeconds, end]
}
