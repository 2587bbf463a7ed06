import { useEffect } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { Poster } from '../poster/poster.tsx'
import { meanText, type Rating, ratingsNoun, ratingText, shortCount } from '../rating/aggregate.ts'
import { RatingBars } from '../rating/bars.tsx'
import { ratingKey } from '../rating/keys.ts'
import { moviePath } from '../route.ts'

/** Time to read about ten words twice. */
const errorShownMs = 12_000

interface CardProps {
  readonly movie: Movie
  readonly rank: number | undefined
  readonly page: PageProps
}

/** One movie of the list. The rating keys rate it while it has focus. */
export function Card({ movie, rank, page }: CardProps) {
  const { ratingCache, ownRatings, singleKeys } = page
  const rate = (event: KeyboardEvent) => {
    // In a menu of values, keys select an option.
    if (!singleKeys.value || event.target instanceof HTMLSelectElement) return
    const key = ratingKey(event, ratingCache.scale.peek())
    if (!key) return
    event.preventDefault()
    ownRatings.rate(movie.id, key.value)
  }
  return (
    <li class="card" onKeyDown={rate}>
      <a class="card-link" href={moviePath(movie.id)} aria-keyshortcuts="1 2 3 4 5 0">
        <span class="visually-hidden">
          {movie.year ? `${movie.title}, ${movie.year}` : movie.title}
        </span>
        <Poster movie={movie} rank={rank} />
      </a>
      <div class="card-rating">
        <CardMean movieId={movie.id} ratingCache={ratingCache} />
        <RatingBars
          movie={movie}
          rating={ratingCache.of(movie.id)}
          scale={ratingCache.scale}
          ownRatings={ownRatings}
        />
      </div>
      <CardError movieId={movie.id} ownRatings={ownRatings} />
    </li>
  )
}

function CardMean({
  movieId,
  ratingCache,
}: {
  movieId: string
  ratingCache: PageProps['ratingCache']
}) {
  const rating = ratingCache.of(movieId).value
  return (
    <p class="card-mean">
      <span class="visually-hidden">{ratingText(rating)}</span>
      <span class="card-mean-value" aria-hidden="true" data-status={rating.status}>
        {rating.status === 'rated' ? meanText(rating.aggregate.mean) : '–'}
      </span>
      <span class="card-mean-count" aria-hidden="true">
        {countLabel(rating)}
        {rating.status === 'rated' ? <i> {ratingsNoun(rating.aggregate.count)}</i> : null}
      </span>
    </p>
  )
}

function countLabel(rating: Rating): string {
  switch (rating.status) {
    case 'rated':
      return shortCount(rating.aggregate.count)
    case 'not-rated':
      return 'Unrated'
    case 'unavailable':
      return 'Offline'
    case 'unknown':
      return ''
  }
}

interface CardErrorProps {
  readonly movieId: string
  readonly ownRatings: PageProps['ownRatings']
}

/** The error covers the poster, so it disappears after a while. */
function CardError({ movieId, ownRatings }: CardErrorProps) {
  const { error } = ownRatings.of(movieId).value
  useEffect(() => {
    if (!error) return
    const timer = setTimeout(() => ownRatings.dismiss(movieId), errorShownMs)
    return () => clearTimeout(timer)
  }, [error])
  return error ? (
    <p class="card-error" role="alert">
      Couldn't save. {error}
    </p>
  ) : null
}
