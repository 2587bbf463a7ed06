import { useMemo } from 'preact/hooks'
import { addressText, countText, latencyText, rateText } from './figures.ts'
import type { Monitor, Sample } from './monitor.ts'
import { type ChartData, instanceSeries, serviceSeries, timeRange } from './series.ts'
import { TimeChart } from './time-chart.tsx'

const services = ['movie', 'metadata', 'rating']
const none: readonly Sample[] = []

/** The last two minutes. */
export function Charts({ monitor }: { monitor: Monitor | undefined }) {
  const history = monitor?.history ?? none
  const instances = monitor?.report.services.flatMap((service) =>
    service.instances.map(({ id, url }) => ({
      id,
      label:
        service.instances.length === 1 ? service.service : `${service.service} ${addressText(url)}`,
    })),
  )
  const ids = instances?.map(({ id }) => id).join('\n') ?? ''
  const data = useMemo(
    () => ({
      calls: serviceSeries(history, services, ({ callsPerSecond }) => callsPerSecond),
      latency: relabeled(
        instanceSeries(history, ids ? ids.split('\n') : [], ({ latencyMs }) => latencyMs),
        instances?.map(({ label }) => label) ?? [],
      ),
      applied: serviceSeries(history, ['rating'], ({ appliedPerSecond }) => appliedPerSecond),
      lag: serviceSeries(history, ['rating'], ({ lag }) => lag),
    }),
    [history, ids],
  )
  const range = timeRange(history)
  return (
    <section class="charts" aria-label="The last two minutes">
      <TimeChart title="Calls a second" data={data.calls} range={range} textOf={rateText} />
      <TimeChart title="Time to answer" data={data.latency} range={range} textOf={latencyText} />
      <TimeChart
        title="Rating events applied a second"
        data={data.applied}
        range={range}
        textOf={rateText}
      />
      <TimeChart
        title="Rating events that wait"
        data={data.lag}
        range={range}
        textOf={(count) => (count === undefined ? '–' : countText(count))}
      />
    </section>
  )
}

function relabeled(data: ChartData, labels: readonly string[]): ChartData {
  const series = data.series.map((one, index) => ({ ...one, label: labels[index] ?? one.label }))
  return { ...data, series }
}
