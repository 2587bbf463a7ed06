import type { ReadonlySignal } from '@preact/signals'
import uPlot from 'uplot'
import type { Scale } from '../rating/scale.ts'
import { type History, meanRange } from './history.ts'

/** A chart of the mean over time. */
export interface Plot {
  draw(history: History): void
  close(): void
}

const meanSteps = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 25]

const timeSteps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200]

/**
 * @param container Its children `.plot-mean`, `.plot-axis` and `.plot-grid` set the
 * colours by `color`.
 * @param scale Axis of the mean while there is none.
 */
export function createPlot(container: HTMLElement, scale: ReadonlySignal<Scale>): Plot {
  let plot: uPlot | undefined
  let drawn: History | undefined
  const build = () => {
    plot?.destroy()
    plot = new uPlot(options(container, scale), [[], []], container)
    if (drawn) plot.setData(data(drawn))
  }
  build()
  const resize = new ResizeObserver(() => plot?.setSize(size(container)))
  resize.observe(container)
  // A canvas does not follow the colours of the page.
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  scheme.addEventListener('change', build)
  const theme = new MutationObserver(build)
  theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return {
    draw(history) {
      drawn = history
      plot?.setData(data(history))
    },
    close() {
      resize.disconnect()
      theme.disconnect()
      scheme.removeEventListener('change', build)
      plot?.destroy()
    },
  }
}

function data({ times, means }: History): uPlot.AlignedData {
  const start = times[0] ?? 0
  return [times.map((time) => time - start), [...means]]
}

function size(container: HTMLElement) {
  return { width: container.clientWidth, height: container.clientHeight }
}

function options(container: HTMLElement, scale: ReadonlySignal<Scale>): uPlot.Options {
  const color = (name: string) => {
    const probe = container.querySelector(`.plot-${name}`)
    return probe ? getComputedStyle(probe).color : 'gray'
  }
  const axis = {
    stroke: color('axis'),
    font: `12px ${getComputedStyle(container).fontFamily}`,
    grid: { stroke: color('grid'), width: 1 },
    ticks: { show: false },
  }
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  const paths = stepped ? { paths: stepped } : {}
  return {
    ...size(container),
    // The last time of the axis is half beyond the line.
    padding: [12, 16, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: timeRange },
      mean: { range: (_plot, low, high) => meanRange(scale.peek(), [low, high]) },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 72, size: 28, incrs: timeSteps, values: clockTexts },
      {
        ...axis,
        scale: 'mean',
        size: 44,
        incrs: meanSteps,
        values: (_plot, ticks) => ticks.map((tick) => tick.toFixed(2)),
      },
    ],
    series: [
      {},
      { scale: 'mean', stroke: color('mean'), width: 2.5, points: { show: false }, ...paths },
    ],
  }
}

/** The first minute fills the chart from left to right; later the whole time fits in. */
function timeRange(_plot: uPlot, _low: number | null, high: number | null): [number, number] {
  return [0, Math.max(60, high ?? 0)]
}

function clockTexts(_plot: uPlot, seconds: number[]): string[] {
  return seconds.map((second) => {
    const [hours, minutes] = [Math.floor(second / 3600), Math.floor(second / 60) % 60]
    const rest = String(second % 60).padStart(2, '0')
    return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
  })
}
