import type { ReadonlySignal } from '@preact/signals'
import { countText, meanText, type Rating, ratingText } from '../rating/aggregate.ts'
import { values } from '../rating/own-rating.ts'

/** The text in place of a count; empty while the rating loads. */
function shownText(rating: Rating): string {
  return rating.status === 'unknown' ? '' : ratingText(rating)
}

/** The rating by all people: mean, count and histogram. */
export function RatingPanel({ rating }: { rating: ReadonlySignal<Rating> }) {
  const shown = rating.value
  const { count, mean, histogram } =
    shown.status === 'rated' ? shown.aggregate : { count: 0, mean: 0, histogram: [] }
  const highest = Math.max(1, ...histogram)
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
        {values.toReversed().map((value) => {
          const part = histogram[value - 1] ?? 0
          const percent = count > 0 ? Math.round((100 * part) / count) : 0
          return (
            <li key={value} class="spread-row">
              <span class="spread-value">{value}</span>
              <span class="spread-track" aria-hidden="true">
                <span class="spread-bar" style={{ '--part': part / highest }} />
              </span>
              <span class="spread-count">{count > 0 ? part : ''}</span>
              <span class="spread-percent">{count > 0 ? `${percent}%` : ''}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
