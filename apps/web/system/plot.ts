import UPlot from 'uplot'
import type { ChartData } from './series.ts'

export interface Plot {
  show(shown: Shown): void
  destroy(): void
}

export interface Shown {
  readonly data: ChartData
  readonly range: readonly [number, number]
}

interface Looks {
  /** Called for each drawing, because a person may change the theme. */
  readonly colour: (seriesIndex: number) => string
  readonly textOf: (value: number | undefined) => string
  /** Minimum top of the scale, so that small values look small. */
  readonly topMin: number
}

const heightPixels = 168
const splitSeconds = 30

/** Dash patterns by line, the same as in the legend. */
const dashes: readonly (readonly number[])[] = [[], [6, 4], [2, 3]]

/** Draws lines over time, as wide as the container. */
export function createPlot(
  container: HTMLElement,
  first: Shown,
  { colour, textOf, topMin }: Looks,
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
      cursor: { show: false },
      padding: [8, 16, 0, 0],
      scales: {
        x: { time: false, range: () => [...shown.range] },
        y: { range: (_plot, _min, max) => [0, Math.max(topMin, max) * 1.1] },
      },
      axes: [
        {
          stroke: ink,
          font,
          grid: { show: false },
          ticks: { show: false },
          size: 28,
          gap: 8,
          splits: () => timeSplits(shown.range),
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
        ...shown.data.series.map(({ line: kind }, index) => ({
          stroke: () => colour(index),
          dash: [...(dashes[kind % dashes.length] ?? [])],
          width: 1.75,
          points: { show: false },
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
  return {
    show(next) {
      shown = next
      plot.setData(aligned(next.data))
    },
    destroy() {
      observer.disconnect()
      plot.destroy()
    },
  }
}

function aligned({ times, series }: ChartData): UPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])]
}

function timeSplits([start, end]: readonly [number, number]): number[] {
  const count = Math.round((end - start) / splitSeconds)
  return Array.from({ length: count + 1 }, (_, index) => start + index * splitSeconds)
}

function ageLabel(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole === 0) return 'now'
  return whole % 60 === 0 ? `${whole / 60} min` : `${whole} s`
}
