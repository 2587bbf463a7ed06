import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { countText, meanText, type Rating, ratingText, shortCount } from '../rating/aggregate.ts'
import { RatingChoice } from '../rating/choice.tsx'
import { type SpreadPart, spread } from '../rating/scale.ts'
import { LiveRating } from './live-rating.tsx'

/** Maximum number of rows of the histogram. */
const rowCountMax = 20

interface ScoreBandProps {
  readonly movieId: string
  /** Undefined while it loads. */
  readonly movie: Movie | undefined
  /** Rank in the top list. Undefined when it is not known. */
  readonly rank: number | undefined
  readonly page: PageProps
}

/** The rating by all people, the histogram, and the person's own rating. */
export function ScoreBand({ movieId, movie, rank, page }: ScoreBandProps) {
  return (
    <div class="score-band" inert={!movie}>
      <Score movieId={movieId} rank={rank} page={page} />
      <Spread movieId={movieId} page={page} />
      <div class="score-cell score-own">
        <RatingChoice movieId={movieId} movie={movie} page={page} />
      </div>
    </div>
  )
}

/** Mean, count and rank, and how the mean has changed since the page was opened. */
function Score({ movieId, rank, page }: Omit<ScoreBandProps, 'movie'>) {
  const { ratingCache } = page
  const rating = ratingCache.of(movieId)
  const shown = rating.value
  return (
    <section class="score-cell" aria-labelledby="rating-title">
      <h2 id="rating-title" class="score-title">
        Rating
      </h2>
      <p class="visually-hidden">{ratingText(shown)}</p>
      <div class="score-row">
        <p class="score-mean" data-status={shown.status} aria-hidden="true">
          {shown.status === 'rated' ? (
            <>
              <span class="score-star">★</span> {meanText(shown.aggregate.mean, 2)}
            </>
          ) : (
            '–'
          )}
        </p>
        <LiveRating rating={rating} scale={ratingCache.scale} />
      </div>
      <p class="score-count" aria-hidden="true">
        {countLabel(shown)}
      </p>
      {rank !== undefined && shown.status === 'rated' ? (
        <p class="score-rank">
          No. {rank}
          <span class="visually-hidden"> of the top rated movies</span>
        </p>
      ) : null}
    </section>
  )
}

function countLabel(rating: Rating): string {
  switch (rating.status) {
    case 'rated':
      return countText(rating.aggregate.count)
    case 'not-rated':
      return ratingText(rating)
    case 'unavailable':
      return 'Ratings are offline. Retrying…'
    case 'unknown':
      return ''
  }
}

/** The histogram. The bar of the person's own rating has another colour. */
function Spread({ movieId, page }: Pick<ScoreBandProps, 'movieId' | 'page'>) {
  const { ratingCache, ownRatings } = page
  const shown = ratingCache.of(movieId).value
  const own = ownRatings.of(movieId).value.wanted
  const notRated = { count: 0, histogram: [], scale: ratingCache.scale.value }
  const { count, histogram, scale } = shown.status === 'rated' ? shown.aggregate : notRated
  const rows = spread(scale, histogram, rowCountMax).toReversed()
  const isKnown = shown.status === 'rated' || shown.status === 'not-rated'
  const highest = Math.max(1, ...rows.map((row) => row.count))
  return (
    <section class="score-cell score-spread" aria-labelledby="spread-title">
      <h2 id="spread-title" class="score-title">
        Ratings by score
      </h2>
      <ul class="spread" aria-labelledby="spread-title">
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
            <span class="spread-count">{isKnown ? shortCount(row.count) : ''}</span>
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
