import type { ReadonlySignal } from '@preact/signals'
import type { Movie } from '../catalogue/movie.ts'
import type { Rating } from './aggregate.ts'
import { values } from './own-rating.ts'
import type { OwnRatings } from './own-ratings.ts'

interface BarsProps {
  readonly movie: Movie
  readonly rating: ReadonlySignal<Rating>
  readonly ownRatings: OwnRatings
}

/** A small histogram of all ratings whose columns are the radio buttons of the person's own rating. */
export function RatingBars({ movie, rating, ownRatings }: BarsProps) {
  const own = ownRatings.of(movie.id).value
  const shown = rating.value
  const histogram = shown.status === 'rated' ? shown.aggregate.histogram : []
  const highest = Math.max(1, ...histogram)
  return (
    <fieldset class="bars" data-own={own.wanted} data-error={own.error ? '' : undefined}>
      <legend class="visually-hidden">Rate {movie.title}</legend>
      {values.map((value) => (
        <label key={value} class="bars-column">
          <input
            type="radio"
            name={`rating-${movie.id}`}
            aria-label={`${value} of 5`}
            checked={own.wanted === value}
            onClick={(event) => {
              // A click on the person's own rating removes it; an arrow key has already moved to another.
              if (own.wanted === value && event.detail > 0) ownRatings.rate(movie.id, undefined)
            }}
            onChange={() => ownRatings.rate(movie.id, value)}
          />
          <span class="bars-track" aria-hidden="true">
            <span class="bars-bar" style={{ '--part': (histogram[value - 1] ?? 0) / highest }} />
          </span>
          <span class="bars-value" aria-hidden="true">
            {value}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
