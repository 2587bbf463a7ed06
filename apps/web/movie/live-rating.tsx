import { type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Rating } from '../rating/aggregate.ts'
import type { Scale } from '../rating/scale.ts'
import { sparkPath } from '../system/spark-line.ts'
import { ChartDialog } from './chart-dialog.tsx'
import {
  addToHistory,
  emptyHistory,
  type History,
  hasMoved,
  meanRange,
  newestMeans,
} from './history.ts'

/** Size of the sparkline, in pixels, and the maximum number of its points. */
const sparkSize = { width: 64, height: 28, countMax: 32 }

interface LiveRatingProps {
  readonly rating: ReadonlySignal<Rating>
  /** The scale of movies. */
  readonly scale: ReadonlySignal<Scale>
}

/**
 * The mean since the page was opened, as a sparkline that opens the chart. It appears with the
 * second value of the mean.
 */
export function LiveRating({ rating, scale }: LiveRatingProps) {
  const history = useSignal(emptyHistory)
  const isOpen = useSignal(false)
  const button = useRef<HTMLButtonElement>(null)
  useSignalEffect(() => {
    const shown = rating.value
    if (shown.status === 'unknown') return
    const aggregate = shown.status === 'rated' ? shown.aggregate : undefined
    history.value = addToHistory(history.peek(), Date.now() / 1000, aggregate)
  })
  if (!hasMoved(history.value)) return null
  const close = () => {
    isOpen.value = false
    button.current?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        class="sparkline"
        aria-haspopup="dialog"
        onClick={() => {
          isOpen.value = true
        }}
      >
        <Sparkline history={history.value} scale={scale.value} />
        Live rating
      </button>
      {isOpen.value ? <ChartDialog history={history} scale={scale} onClose={close} /> : null}
    </>
  )
}

/** The newest means, one beside the other, however long each lasted. */
function Sparkline({ history, scale }: { history: History; scale: Scale }) {
  const { width, height, countMax } = sparkSize
  const shown = newestMeans(history, countMax)
  const range = meanRange(scale, shown)
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      <path
        class="sparkline-line"
        d={sparkPath(shown, { width, height, countMax: shown.length, range })}
      />
    </svg>
  )
}
