import type { ReadonlySignal } from '@preact/signals'
import { countText, meanText, type Rating, ratingText } from '../rating/aggregate.ts'
import type { Value } from '../rating/own-rating.ts'
import { type Scale, type SpreadPart, spread } from '../rating/scale.ts'

/** Maximum number of rows of the histogram. */
const rowCountMax = 20

/** The text in place of a count; empty while the rating loads. */
function shownText(rating: Rating): string {
  if (rating.status === 'unavailable') return 'Ratings are offline. Retrying…'
  return rating.status === 'unknown' ? '' : ratingText(rating)
}

interface RatingPanelProps {
  readonly rating: ReadonlySignal<Rating>
  /** The scale of movies. */
  readonly scale: ReadonlySignal<Scale>
  /** The person's own rating, whose bar has another colour. */
  readonly own: Value | undefined
}

/** The rating by all people: mean, count and histogram. */
export function RatingPanel({ rating, scale, own }: RatingPanelProps) {
  const shown = rating.value
  const notRated = { count: 0, mean: 0, histogram: [], scale: scale.value }
  const aggregate = shown.status === 'rated' ? shown.aggregate : notRated
  const { count, mean } = aggregate
  const rows = spread(aggregate.scale, aggregate.histogram, rowCountMax).toReversed()
  const highest = Math.max(1, ...rows.map((row) => row.count))
  return (
    <section class="movie-panel" aria-labelledby="rating-title">
      <h2 id="rating-title" class="movie-panel-title">
        Rating
      </h2>
      <p class="visually-hidden">{ratingText(shown)}</p>
      <div class="score" aria-hidden="true" data-status={shown.status}>
        <p class="score-mean">{shown.status === 'rated' ? meanText(mean, 2) : '–'}</p>
        <p class="score-count">{shown.status === 'rated' ? countText(count) : shownText(shown)}</p>
      </div>
      <ul class="spread" aria-label="Ratings by score">
        {rows.map((row) => (
          <li key={row.low} class="spread-row">
            <span class="spread-value">{rangeText(row)}</span>
            <span class="spread-track" aria-hidden="true">
              <span
                class="spread-bar"
                data-own={own !== undefined && own >= row.low && own <= row.high ? '' : undefined}
                style={{ '--part': row.count / highest }}
              />
            </span>
            <span class="spread-count">{count > 0 ? row.count : ''}</span>
            <span class="spread-percent">
              {count > 0 ? `${Math.round((100 * row.count) / count)}%` : ''}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function rangeText({ low, high }: SpreadPart): string {
  return low === high ? String(low) : `${low}–${high}`
}
