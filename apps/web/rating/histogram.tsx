import type { Rating } from './aggregate.ts'
import type { Value } from './own-rating.ts'
import { spread } from './scale.ts'

/** Maximum number of bars that can be told apart in a card; more than stars have values. */
const barCountMax = 20

interface HistogramProps {
  readonly rating: Rating
  /** The person's own rating, whose bar has another colour. */
  readonly own: Value | undefined
}

/** A small histogram of all ratings, for the eye: the text beside it says mean and count. */
export function Histogram({ rating, own }: HistogramProps) {
  if (rating.status !== 'rated') return null
  const { histogram, scale } = rating.aggregate
  const bars = spread(scale, histogram, barCountMax)
  const highest = Math.max(1, ...bars.map(({ count }) => count))
  return (
    <span class="bars" aria-hidden="true">
      {bars.map(({ low, high, count }) => (
        <i
          key={low}
          data-own={own !== undefined && own >= low && own <= high ? '' : undefined}
          style={{ '--part': count / highest }}
        />
      ))}
    </span>
  )
}
