import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Plot } from './plot.ts'
import { type ChartData, robustMax } from './series.ts'

interface TimeChartProps {
  readonly title: string
  readonly data: ChartData
  /** Time range, in seconds since the epoch. */
  readonly range: readonly [number, number]
  readonly textOf: (value: number | undefined) => string
  /** Minimum top of the scale, so that small values look small. */
  readonly topMin: number
  /** Time under the pointer in any chart. */
  readonly cursor: Signal<number | undefined>
}

/**
 * Lines over time, with the values under the crosshair, or the newest, in the legend. The chart
 * library is loaded on demand.
 */
export function TimeChart({ title, data, range, textOf, topMin, cursor }: TimeChartProps) {
  const container = useRef<HTMLDivElement>(null)
  const legend = useRef<HTMLUListElement>(null)
  const plot = useRef<Plot>(undefined)
  const isMissing = useSignal(false)
  const top = Math.max(topMin, robustMax(data))
  const shown = { data, range, top }
  const latest = useRef(shown)
  latest.current = shown
  const names = data.series.map(({ label }) => label).join('\n')
  useEffect(() => {
    const stop = new AbortController()
    const colour = (index: number) => colourOf(legend.current, index)
    import('./plot.ts').then(
      ({ createPlot }) => {
        if (stop.signal.aborted || !container.current) return
        plot.current = createPlot(container.current, latest.current, { colour, textOf, cursor })
      },
      () => (isMissing.value = true),
    )
    return () => {
      stop.abort()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [names])
  useEffect(() => plot.current?.show(shown), [data, range[0], range[1]])
  const newest = data.series.map(
    ({ label, values }) => `${label} ${textOf(values.at(-1) ?? undefined)}`,
  )
  const peak = peakOf(data)
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <h2 class="chart-title">{title}</h2>
        <Legend data={data} textOf={textOf} cursor={cursor} list={legend} />
        {peak > top ? <p class="table-note">Peak {textOf(peak)}, above the scale</p> : null}
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

interface LegendProps extends Pick<TimeChartProps, 'data' | 'textOf' | 'cursor'> {
  readonly list: { current: HTMLUListElement | null }
}

/** A component of its own, so that only it is drawn again when the pointer moves. */
function Legend({ data: { times, series }, textOf, cursor, list }: LegendProps) {
  const at = cursor.value === undefined ? times.length - 1 : nearest(times, cursor.value)
  return (
    <ul class="chart-legend" ref={list}>
      {series.map(({ label, values }) => (
        <li key={label} class="chart-key" data-service={label}>
          <span class="chart-key-text">{label}</span>{' '}
          <b class="chart-key-text">{textOf(values[at] ?? undefined)}</b>
        </li>
      ))}
    </ul>
  )
}

function nearest(times: readonly number[], time: number): number {
  const distances = times.map((one) => Math.abs(one - time))
  return distances.indexOf(Math.min(...distances))
}

function peakOf({ series }: ChartData): number {
  return Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)))
}

function colourOf(legend: Element | null, index: number): string {
  const key = legend?.children[index]
  return key ? getComputedStyle(key).color : 'currentColor'
}
