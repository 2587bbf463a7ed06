import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { meanText, type Rating, ratingsNoun } from '../rating/aggregate.ts'
import type { Scale } from '../rating/scale.ts'
import { addToHistory, emptyHistory, extendTo, type History, movement } from './history.ts'
import type { Plot } from './plot.ts'

/** Interval of drawing, so that the line continues while the rating does not change. */
const tickMs = 1_000

interface RatingChartProps {
  readonly rating: ReadonlySignal<Rating>
  /** The scale of movies. */
  readonly scale: ReadonlySignal<Scale>
}

/** A chart of the rating since the page was opened. It appears with the first change. */
export function RatingChart({ rating, scale }: RatingChartProps) {
  const history = useSignal(emptyHistory)
  useSignalEffect(() => {
    const shown = rating.value
    if (shown.status === 'unknown') return
    const aggregate = shown.status === 'rated' ? shown.aggregate : undefined
    history.value = addToHistory(history.peek(), Date.now() / 1000, aggregate)
  })
  return movementText(history.value) === '' ? null : <Chart history={history} scale={scale} />
}

interface ChartProps {
  readonly history: Signal<History>
  readonly scale: ReadonlySignal<Scale>
}

function Chart({ history, scale }: ChartProps) {
  const container = useRef<HTMLDivElement>(null)
  const failed = useSignal(false)
  useEffect(() => {
    let plot: Plot | undefined
    let closed = false
    const draw = () => plot?.draw(extendTo(history.peek(), Date.now() / 1000))
    import('./plot.ts').then(
      ({ createPlot }) => {
        if (closed || !container.current) return
        plot = createPlot(container.current, scale)
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
    <section class="movie-panel rating-chart" aria-labelledby="chart-title">
      <h2 id="chart-title" class="movie-panel-title">
        Live rating
      </h2>
      <div
        ref={container}
        class="plot"
        role="img"
        aria-label={`Mean of the ratings over time. ${words}`}
      >
        <i class="plot-mean" />
        <i class="plot-axis" />
        <i class="plot-grid" />
      </div>
      <p class="rating-chart-words">
        {failed.value ? "Couldn't load the chart. " : null}
        {words}
      </p>
    </section>
  )
}

function movementText(history: History): string {
  const moved = movement(history)
  if (!moved) return ''
  const { first, last } = moved
  const more = last.count - first.count
  if (more === 0 && first.mean === last.mean) return ''
  const ratings = ratingsNoun(Math.abs(more))
  const change = more < 0 ? `${-more} ${ratings} removed` : `${more} new ${ratings}`
  const [before, now] = [meanText(first.mean, 2), meanText(last.mean, 2)]
  const mean =
    before === now ? `the mean is still ${now}` : `the mean went from ${before} to ${now}`
  return `${more === 0 ? 'Ratings changed' : change}: ${mean}.`
}
