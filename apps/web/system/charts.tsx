import type { ServiceReport } from '@marquee/client/system'
import { useMemo } from 'preact/hooks'
import { countText, latencyText, rateText } from './format.ts'
import type { Monitor, Sample } from './monitor.ts'
import { instanceSeries, serviceSeries, timeRange } from './series.ts'
import { TimeChart } from './time-chart.tsx'

const services = ['movie', 'metadata', 'rating']
const noHistory: readonly Sample[] = []
const noServices: readonly ServiceReport[] = []

/** Charts of the last two minutes. */
export function Charts({ monitor }: { monitor: Monitor | undefined }) {
  const history = monitor?.history ?? noHistory
  const reports = monitor?.report.services ?? noServices
  const data = useMemo(
    () => ({
      calls: serviceSeries(history, services, ({ callsPerSecond }) => callsPerSecond),
      latency: instanceSeries(history, reports, ({ latencyMs }) => latencyMs),
      applied: serviceSeries(history, ['rating'], ({ appliedPerSecond }) => appliedPerSecond),
      lag: serviceSeries(history, ['rating'], ({ lag }) => lag),
    }),
    [history, reports],
  )
  const range = timeRange(history)
  return (
    <section class="charts" aria-label="The last two minutes">
      <TimeChart
        title="Requests per second"
        data={data.calls}
        range={range}
        textOf={rateText}
        topMin={2}
      />
      <TimeChart
        title="Probe latency"
        data={data.latency}
        range={range}
        textOf={latencyText}
        topMin={10}
      />
      <TimeChart
        title="Events ingested per second"
        data={data.applied}
        range={range}
        textOf={rateText}
        topMin={2}
      />
      <TimeChart
        title="Ingest lag (events)"
        data={data.lag}
        range={range}
        textOf={lagText}
        topMin={4}
      />
    </section>
  )
}

function lagText(count: number | undefined): string {
  return count === undefined ? '–' : countText(Math.round(count))
}
