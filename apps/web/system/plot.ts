import UPlot from 'uplot'
import { observeTheme } from '../frame/observe-theme.ts'
import type { ChartData } from './series.ts'

export interface Plot {
  show(shown: Shown): void
  destroy(): void
}

export interface Shown {
  readonly data: ChartData
  readonly range: readonly [number, number]
  /** Top of the scale. Values above it are cut off. */
  readonly top: number
}

interface Looks {
  /** Called for each drawing, because a person may change the theme. */
  readonly colour: (seriesIndex: number) => string
  readonly textOf: (value: number | undefined) => string
  /** Gets the time under the pointer, in seconds since the epoch. */
  readonly cursor: { value: number | undefined }
}

const heightPixels = 168
/** Number of parts of the axis of time, and of a narrow one. */
const splitCount = 5
const splitCountNarrow = 2
const narrowPixels = 280

/** Dash patterns by line, so that lines differ by more than colour. */
const dashes: readonly (readonly number[])[] = [[], [6, 4], [2, 3]]

/** Charts with the same key share their crosshair. */
const sync = 'system'

/** Draws lines over time, as wide as the container. */
export function createPlot(
  container: HTMLElement,
  first: Shown,
  { colour, textOf, cursor }: Looks,
): Plot {
  let shown = first
  const style = getComputedStyle(container)
  const font = `12px ${style.fontFamily}`
  const ink = () => getComputedStyle(container).color
  const line = () => getComputedStyle(container).borderTopColor
  const grid = { stroke: line, width: 1 }
  const plot = new UPlot(
    {
      width: container.clientWidth,
      height: heightPixels,
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { show: false },
        sync: { key: sync, scales: ['x', null] },
      },
      hooks: {
        setCursor: [
          ({ cursor: { idx } }) => {
            cursor.value = idx == null ? undefined : shown.data.times[idx]
          },
        ],
      },
      padding: [8, 16, 0, 0],
      scales: {
        x: { time: false, range: () => [...shown.range] },
        y: { range: () => [0, shown.top * 1.1] },
      },
      axes: [
        {
          stroke: ink,
          font,
          grid: { show: false },
          ticks: { show: false },
          size: 28,
          gap: 8,
          splits: ({ width }) =>
            timeSplits(shown.range, width < narrowPixels ? splitCountNarrow : splitCount),
          values: (_plot, splits) => splits.map((at) => ageLabel(shown.range[1] - at)),
        },
        {
          stroke: ink,
          font,
          grid,
          ticks: { show: false },
          size: 52,
          space: 40,
          values: (_plot, splits) => splits.map((value) => textOf(value)),
        },
      ],
      series: [
        {},
        ...shown.data.series.map((_, index) => ({
          stroke: () => colour(index),
          dash: [...(dashes[index % dashes.length] ?? [])],
          width: 1.75,
          points: { show: true, size: 4, fill: () => colour(index), filter: lonePoints },
        })),
      ],
    },
    aligned(shown.data),
    container,
  )
  const observer = new ResizeObserver(() => {
    if (container.clientWidth > 0)
      plot.setSize({ width: container.clientWidth, height: heightPixels })
  })
  observer.observe(container)
  const theme = observeTheme(() => plot.redraw())
  return {
    show(next) {
      shown = next
      plot.setData(aligned(next.data))
    },
    destroy() {
      observer.disconnect()
      theme.disconnect()
      plot.destroy()
    },
  }
}

/** A point without neighbours has no line, so it is drawn as a dot. */
function lonePoints({ data }: UPlot, series: number, isShown: boolean): number[] | null {
  const values = Array.from(data[series] ?? [])
  if (!isShown) return null
  return values.flatMap((value, index) => {
    const isAlone = (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null
    return value !== null && isAlone ? [index] : []
  })
}

function aligned({ times, series }: ChartData): UPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])]
}

function timeSplits([start, end]: readonly [number, number], count: number): number[] {
  const step = (end - start) / count
  return Array.from({ length: count + 1 }, (_, index) => start + index * step)
}

function ageLabel(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole === 0) return 'now'
  if (whole < 60) return `${whole} s`
  return `${Math.round(whole / 6) / 10} min`
}
