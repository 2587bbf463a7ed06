import type { SystemSample } from '@marquee/client/system'
import { useMemo } from 'preact/hooks'
import { lagText, latencyText, rateText } from './format.ts'
import type { Monitor } from './monitor.ts'
import { p95Of, serviceSeries, timeRange } from './series.ts'
import { TimeChart } from './time-chart.tsx'
import { rangeLabels, type View } from './view.ts'

const services = ['movie', 'metadata', 'rating']
const noSamples: readonly SystemSample[] = []
const noBounds: readonly number[] = []

interface ChartsProps {
  readonly monitor: Monitor | undefined
  readonly view: View
}

/** Requests, latency and lag over time. The charts share one crosshair. */
export function Charts({ monitor, view }: ChartsProps) {
  const { samples = noSamples, boundsMs = noBounds } = monitor ?? {}
  const seconds = view.range.value
  const wanted = view.service.value
  const data = useMemo(() => {
    const shown = wanted === '' ? services : [wanted]
    const lines = serviceSeries.bind(undefined, samples)
    return {
      requests: lines(shown, seconds, ({ callsPerSecond }) => callsPerSecond),
      latency: lines(shown, seconds, p95Of(boundsMs)),
      lag: lines(['rating'], seconds, ({ lag }) => (lag === undefined ? undefined : Number(lag))),
    }
  }, [samples, boundsMs, seconds, wanted])
  const common = { range: timeRange(samples, seconds), cursor: view.cursor }
  const label = `The last ${rangeLabels[seconds]}`
  return (
    <section class="charts" aria-label={label}>
      <TimeChart
        {...common}
        title="Requests per second"
        data={data.requests}
        textOf={rateText}
        topMin={2}
      />
      <TimeChart
        {...common}
        title="p95 latency"
        data={data.latency}
        textOf={latencyText}
        topMin={10}
      />
      {wanted === '' || wanted === 'rating' ? (
        <TimeChart
          {...common}
          title="Ingest lag (events)"
          data={data.lag}
          textOf={lagText}
          topMin={4}
        />
      ) : null}
    </section>
  )
}
