import type { ReadonlySignal } from '@preact/signals'
import type { Movie } from '../catalogue/movie.ts'
import { type Rating, valueText } from './aggregate.ts'
import type { OwnRating, Value } from './own-rating.ts'
import type { OwnRatings } from './own-ratings.ts'
import { type Scale, type Star, spread, starsOf } from './scale.ts'
import { ValueRadio } from './value-radio.tsx'
import { ValueSelect } from './value-select.tsx'

/** Maximum number of bars that can be told apart in a card; more than stars have values. */
const barCountMax = 20

interface RatingBarsProps {
  readonly movie: Movie
  readonly rating: ReadonlySignal<Rating>
  /** The scale of movies. */
  readonly scale: ReadonlySignal<Scale>
  readonly ownRatings: OwnRatings
}

/** A small histogram of all ratings, in which the person rates. */
export function RatingBars({ movie, rating, scale, ownRatings }: RatingBarsProps) {
  const shown = rating.value
  const ofMovie = shown.status === 'rated' ? shown.aggregate.scale : scale.value
  const bars = spread(
    ofMovie,
    shown.status === 'rated' ? shown.aggregate.histogram : [],
    barCountMax,
  )
  const highest = Math.max(1, ...bars.map(({ count }) => count))
  const stars = starsOf(ofMovie)
  const props = {
    movie,
    scale: ofMovie,
    parts: new Map(bars.map(({ low, count }) => [low, count / highest])),
    own: ownRatings.of(movie.id).value,
    rate: (value: Value | undefined) => ownRatings.rate(movie.id, value),
  }
  return stars ? <StarBars {...props} stars={stars} /> : <MenuBars {...props} />
}

interface BarsProps {
  readonly movie: Movie
  readonly scale: Scale
  /** Height of each bar, from 0 to 1, by its lowest value. */
  readonly parts: ReadonlyMap<number, number>
  readonly own: OwnRating
  readonly rate: (value: Value | undefined) => void
}

/** Two bars for each star, half and whole, which are radio buttons. */
function StarBars({ movie, scale, parts, own, rate, stars }: BarsProps & { stars: Star[] }) {
  return (
    <fieldset class="bars" data-own={own.wanted} data-error={own.error ? '' : undefined}>
      <legend class="visually-hidden">Rate {movie.title}</legend>
      {stars.map(({ whole, choices }) => (
        <span key={whole} class="bars-column">
          {choices.map((choice) => (
            <span key={choice.value} class="bars-choice" title={valueText(choice.value, scale)}>
              <ValueRadio
                name={`rating-${movie.id}`}
                choice={choice}
                scale={scale}
                own={own.wanted}
                rate={rate}
              />
              <Bar part={parts.get(choice.value)} />
            </span>
          ))}
          <span class="bars-value" aria-hidden="true">
            {choices.find(({ value }) => value === own.wanted)?.value ?? whole}
          </span>
        </span>
      ))}
    </fieldset>
  )
}

/** Bars with a menu, when there are too many values for radio buttons. */
function MenuBars({ movie, scale, parts, own, rate }: BarsProps) {
  return (
    <div class="bars-menu">
      <div class="bars-plain">
        {[...parts].map(([low, part]) => (
          <Bar key={low} part={part} />
        ))}
      </div>
      <ValueSelect label={`Rate ${movie.title}`} scale={scale} own={own.wanted} rate={rate} />
    </div>
  )
}

function Bar({ part = 0 }: { part?: number | undefined }) {
  return (
    <span class="bars-track" aria-hidden="true">
      <span class="bars-bar" style={{ '--part': part }} />
    </span>
  )
}
