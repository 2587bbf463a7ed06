import uPlot from 'uplot'
import { observeTheme } from '../frame/observe-theme.ts'
import { meanTicks, ratingBars } from './chart-scale.ts'
import type { History } from './history.ts'

/** The ends of the axis of the means, of which none may be known. */
export type RangeOf = (means: readonly (number | null)[]) => [low: number, high: number]

/** A chart of the mean over time, with the new ratings as bars below it. */
export interface Plot {
  draw(history: History): void
  close(): void
}

const timeSteps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200]
/** Height of the bars with the axis of time below them, in pixels. */
const barsHeight = 76
const timeAxisSize = 28
const meanAxisSize = 44
/** Minimum distance of ticks of the mean, in pixels. */
const tickSpace = 32
/** Width of a bar, as a part of its place, and its maximum in pixels. */
const barSize: [number, number] = [0.7, 24]

/**
 * @param container Its children `.plot-mean`, `.plot-bars`, `.plot-axis` and `.plot-grid` set the
 * colours by `color`.
 */
export function createPlot(container: HTMLElement, rangeOf: RangeOf): Plot {
  let plots: readonly uPlot[] = []
  let drawn: History | undefined
  const draw = () => {
    if (!drawn) return
    plots[0]?.setData(meanData(drawn))
    plots[1]?.setData(barData(drawn))
  }
  const seconds = () => secondsOf(drawn)
  const build = () => {
    for (const plot of plots) plot.destroy()
    plots = [
      new uPlot(meanOptions(container, rangeOf, seconds), [[], []], container),
      new uPlot(barOptions(container, seconds), [[], []], container),
    ]
    draw()
  }
  build()
  const resize = new ResizeObserver(() => {
    plots[0]?.setSize(meanSize(container))
    plots[1]?.setSize(barsSize(container))
  })
  resize.observe(container)
  const theme = observeTheme(build)
  return {
    draw(history) {
      drawn = history
      draw()
    },
    close() {
      resize.disconnect()
      theme.disconnect()
      for (const plot of plots) plot.destroy()
    },
  }
}

function meanData({ times, means }: History): uPlot.AlignedData {
  const start = times[0] ?? 0
  return [times.map((time) => time - start), [...means]]
}

function barData(history: History): uPlot.AlignedData {
  const { times, counts } = ratingBars(history, secondsOf(history))
  return [[...times], [...counts]]
}

function meanSize({ clientWidth, clientHeight }: HTMLElement) {
  return { width: clientWidth, height: clientHeight - barsHeight }
}

function barsSize({ clientWidth }: HTMLElement) {
  return { width: clientWidth, height: barsHeight }
}

function colorOf(container: HTMLElement, name: string): string {
  const probe = container.querySelector(`.plot-${name}`)
  return probe ? getComputedStyle(probe).color : 'gray'
}

/** Options of both plots, which have the same width and the same times. */
function sharedOptions(container: HTMLElement) {
  const axis = {
    stroke: colorOf(container, 'axis'),
    font: `12px ${getComputedStyle(container).fontFamily}`,
    grid: { stroke: colorOf(container, 'grid'), width: 1 },
    ticks: { show: false },
  }
  return { axis, legend: { show: false }, cursor: { show: false } }
}

function meanOptions(
  container: HTMLElement,
  rangeOf: RangeOf,
  seconds: () => number,
): uPlot.Options {
  const { axis, ...shared } = sharedOptions(container)
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  const paths = stepped ? { paths: stepped } : {}
  return {
    ...shared,
    ...meanSize(container),
    padding: [12, 16, 0, 0],
    scales: {
      x: { time: false, range: () => [0, seconds()] },
      mean: { range: (_plot, low, high) => rangeOf([low, high]) },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 72, size: 8, incrs: timeSteps, values: () => [] },
      {
        ...axis,
        scale: 'mean',
        size: meanAxisSize,
        splits: ({ height }, _axis, low, high) =>
          meanTicks(low, high, Math.max(2, Math.floor(height / tickSpace))),
        values: (_plot, ticks) => ticks.map((tick) => tick.toFixed(2)),
      },
    ],
    series: [
      {},
      {
        scale: 'mean',
        stroke: colorOf(container, 'mean'),
        width: 2.5,
        points: { show: false },
        ...paths,
      },
    ],
  }
}

function barOptions(container: HTMLElement, seconds: () => number): uPlot.Options {
  const { axis, ...shared } = sharedOptions(container)
  const color = colorOf(container, 'bars')
  const bars = uPlot.paths.bars?.({ size: barSize })
  const paths = bars ? { paths: bars } : {}
  return {
    ...shared,
    ...barsSize(container),
    // The last time of the axis is half beyond the bars.
    padding: [4, 16, 0, 0],
    scales: {
      x: { time: false, range: () => [0, seconds()] },
      // One rating is not as high as the plot.
      count: { range: (_plot, _low, high) => [0, Math.max(4, high ?? 0)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 72,
        size: timeAxisSize,
        incrs: timeSteps,
        values: clockTexts,
      },
      { ...axis, scale: 'count', size: meanAxisSize, splits: () => [0], values: () => [] },
    ],
    series: [
      {},
      { scale: 'count', fill: color, stroke: color, width: 0, points: { show: false }, ...paths },
    ],
  }
}

/** Time that the chart shows: the first minute fills it from left to right; later all fits in. */
function secondsOf(history: History | undefined): number {
  const { times = [] } = history ?? {}
  return Math.max(60, (times.at(-1) ?? 0) - (times[0] ?? 0))
}

function clockTexts(_plot: uPlot, seconds: number[]): string[] {
  return seconds.map((second) => {
    const [hours, minutes] = [Math.floor(second / 3600), Math.floor(second / 60) % 60]
    const rest = String(second % 60).padStart(2, '0')
    return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
  })
}
