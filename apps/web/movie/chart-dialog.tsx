import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { meanText, ratingsNoun } from '../rating/aggregate.ts'
import type { Scale } from '../rating/scale.ts'
import { extendTo, type History, meanRange, movement } from './history.ts'
import type { Plot, RangeOf } from './plot.ts'

/** Interval of drawing, so that the line continues while the rating does not change. */
const tickMs = 1_000

interface ChartProps {
  readonly history: ReadonlySignal<History>
  /** The scale of movies. */
  readonly scale: ReadonlySignal<Scale>
}

/** A dialog with the chart of the rating since the page was opened. It is open while it is rendered. */
export function ChartDialog({ history, scale, onClose }: ChartProps & { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="chart-dialog" aria-labelledby="chart-title" onClose={onClose}>
      <form method="dialog" class="chart-head">
        <h2 id="chart-title">Live rating</h2>
        <button type="submit" class="button">
          Close
        </button>
      </form>
      <Chart history={history} scale={scale} />
    </dialog>
  )
}

function Chart({ history, scale }: ChartProps) {
  const container = useRef<HTMLDivElement>(null)
  const failed = useSignal(false)
  useEffect(() => {
    let plot: Plot | undefined
    let closed = false
    const rangeOf: RangeOf = (means) => meanRange(scale.peek(), means)
    const draw = () => plot?.draw(extendTo(history.peek(), Date.now() / 1000))
    import('./plot.ts').then(
      ({ createPlot }) => {
        if (closed || !container.current) return
        plot = createPlot(container.current, rangeOf)
        draw()
      },
      () => {
        failed.value = true
      },
    )
    const stop = history.subscribe(draw)
    const timer = setInterval(draw, tickMs)
    return () => {
      closed = true
      stop()
      clearInterval(timer)
      plot?.close()
    }
  }, [])
  const words = movementText(history.value)
  return (
    <>
      <div
        ref={container}
        class="plot"
        role="img"
        aria-label={`Mean of the ratings over time. ${words}`}
      >
        <i class="plot-mean" />
        <i class="plot-bars" />
        <i class="plot-axis" />
        <i class="plot-grid" />
      </div>
      <p class="plot-key" aria-hidden="true">
        <span class="plot-mean">Mean</span>
        <span class="plot-bars">New ratings</span>
      </p>
      <p class="chart-words">
        {failed.value ? "Couldn't load the chart. " : null}
        {words}
      </p>
    </>
  )
}

function movementText(history: History): string {
  const moved = movement(history)
  if (!moved) return ''
  const { first, last } = moved
  const more = last.count - first.count
  const ratings = ratingsNoun(Math.abs(more))
  const change = more < 0 ? `${-more} ${ratings} removed` : `${more} new ${ratings}`
  const [before, now] = [meanText(first.mean, 2), meanText(last.mean, 2)]
  const mean =
    before === now ? `the mean is still ${now}` : `the mean went from ${before} to ${now}`
  return `${more === 0 ? 'Ratings changed' : change}: ${mean}.`
}
