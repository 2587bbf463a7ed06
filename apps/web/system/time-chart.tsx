import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Plot } from './plot.ts'
import type { ChartData } from './series.ts'

/** Number of dash patterns: solid, dashed, dotted; further lines repeat them. */
const lineKinds = 3

interface TimeChartProps {
  readonly title: string
  readonly data: ChartData
  /** Time range, in seconds since the epoch. */
  readonly range: readonly [number, number]
  readonly textOf: (value: number | undefined) => string
  readonly topMin: number
}

/** Lines over time, with the newest values in the legend. The chart library is loaded on demand. */
export function TimeChart({ title, data, range, textOf, topMin }: TimeChartProps) {
  const container = useRef<HTMLDivElement>(null)
  const legend = useRef<HTMLUListElement>(null)
  const plot = useRef<Plot>(undefined)
  const latest = useRef({ data, range })
  const isMissing = useSignal(false)
  latest.current = { data, range }
  const names = data.series.map(({ label }) => label).join('\n')
  useEffect(() => {
    const stop = new AbortController()
    const colour = (index: number) => colourOf(legend.current, index)
    import('./plot.ts').then(
      ({ createPlot }) => {
        if (stop.signal.aborted || !container.current) return
        plot.current = createPlot(container.current, latest.current, { colour, textOf, topMin })
      },
      () => (isMissing.value = true),
    )
    return () => {
      stop.abort()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [names])
  useEffect(() => plot.current?.show({ data, range }), [data, range[1]])
  const newest = data.series.map(
    ({ label, values }) => `${label} ${textOf(values.at(-1) ?? undefined)}`,
  )
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <h2 class="chart-title">{title}</h2>
        <ul class="chart-legend" ref={legend}>
          {data.series.map(({ label, service, line, values }) => (
            <li key={label} class="chart-key" data-service={service} data-line={line % lineKinds}>
              <span class="chart-key-text">{label}</span>{' '}
              <b class="chart-key-text">{textOf(values.at(-1) ?? undefined)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        class="chart-place"
        ref={container}
        role="img"
        aria-label={`${title}, now: ${newest.join(', ')}`}
      />
      {isMissing.value ? <p class="table-note">Couldn't load the chart.</p> : null}
    </figure>
  )
}

function colourOf(legend: Element | null, index: number): string {
  const key = legend?.children[index]
  return key ? getComputedStyle(key).color : 'currentColor'
}
