import { useEffect } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { Poster } from '../poster/poster.tsx'
import { meanText, type Rating, ratingsWord, ratingWords, shortCount } from '../rating/aggregate.ts'
import { RatingBars } from '../rating/bars.tsx'
import { ratingKey } from '../rating/keys.ts'
import { moviePath } from '../route.ts'

/** For ten words, read twice. */
const refusalMs = 12_000

interface CardProps {
  readonly movie: Movie
  readonly rank: number | undefined
  readonly page: PageProps
}

/** One movie of the list. Its keys rate it while the focus is in it. */
export function Card({ movie, rank, page }: CardProps) {
  const { board, ownRatings, singleKeys } = page
  const rate = (event: KeyboardEvent) => {
    const key = ratingKey(event)
    if (!key || !singleKeys.value) return
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
        <CardMean movieId={movie.id} board={board} />
        <RatingBars movie={movie} rating={board.of(movie.id)} ownRatings={ownRatings} />
      </div>
      <CardRefusal movieId={movie.id} ownRatings={ownRatings} />
    </li>
  )
}

function CardMean({ movieId, board }: { movieId: string; board: PageProps['board'] }) {
  const rating = board.of(movieId).value
  return (
    <p class="card-mean">
      <span class="visually-hidden">{ratingWords(rating)}</span>
      <span class="card-mean-value" aria-hidden="true" data-status={rating.status}>
        {rating.status === 'rated' ? meanText(rating.aggregate.mean) : '–'}
      </span>
      <span class="card-mean-count" aria-hidden="true">
        {shortWords(rating)}
        {rating.status === 'rated' ? <i> {ratingsWord(rating.aggregate.count)}</i> : null}
      </span>
    </p>
  )
}

function shortWords(rating: Rating): string {
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

interface CardRefusalProps {
  readonly movieId: string
  readonly ownRatings: PageProps['ownRatings']
}

/** It lies over the poster, so it goes when there was time to read it. */
function CardRefusal({ movieId, ownRatings }: CardRefusalProps) {
  const { refusal } = ownRatings.of(movieId).value
  useEffect(() => {
    if (!refusal) return
    const timer = setTimeout(() => ownRatings.dismiss(movieId), refusalMs)
    return () => clearTimeout(timer)
  }, [refusal])
  return refusal ? (
    <p class="card-refusal" role="alert">
      Couldn't save. {refusal}
    </p>
  ) : null
}
