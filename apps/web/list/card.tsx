import { useEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { Poster } from '../poster/poster.tsx'
import { countText, meanText, type Rating, ratingText, shortCount } from '../rating/aggregate.ts'
import { Histogram } from '../rating/histogram.tsx'
import { RateControl } from '../rating/rate-control.tsx'
import { rateByKey } from '../rating/rate-movie.ts'
import { moviePath } from '../route.ts'
import { periodNames, type RecentRating } from './period.ts'

/** Time to read about ten words twice. */
const errorShownMs = 12_000

interface CardProps {
  readonly movie: Movie
  readonly rank: number | undefined
  /** Its ratings in the period of the list. Undefined to show those of all time. */
  readonly recent?: RecentRating | undefined
  readonly page: PageProps
}

/** One movie of the list. The rating keys rate it while it has focus. */
export function Card({ movie, rank, recent, page }: CardProps) {
  return (
    <li class="card" onKeyDown={(event) => rateByKey(page, movie, event)}>
      <a class="card-link" href={moviePath(movie.id)} aria-keyshortcuts="1 2 3 4 5 0">
        <span class="visually-hidden">
          {movie.year ? `${movie.title}, ${movie.year}` : movie.title}
        </span>
        <Poster movie={movie} rank={rank} />
      </a>
      <div class="card-rating">
        {page.isPainted.value ? (
          <>
            {recent ? (
              <RecentScore recent={recent} />
            ) : (
              <MovieScore movieId={movie.id} page={page} />
            )}
            <RateControl movie={movie} page={page} />
          </>
        ) : null}
      </div>
      <CardError movieId={movie.id} ownRatings={page.ownRatings} />
    </li>
  )
}

/** Mean and count of the ratings of a period. */
function RecentScore({ recent: { mean, count, period } }: { recent: RecentRating }) {
  const { when } = periodNames[period]
  return (
    <div class="card-score">
      <p class="card-mean" data-status="rated">
        <span class="visually-hidden">{`${meanText(mean)} from ${countText(count)} ${when}`}</span>
        <b class="card-mean-value" aria-hidden="true">
          ★ {meanText(mean)}
        </b>
        <span class="card-mean-count" aria-hidden="true">
          {shortCount(count)} {when}
        </span>
      </p>
    </div>
  )
}

/** Mean, count and histogram of all ratings. */
function MovieScore({ movieId, page }: { movieId: string; page: PageProps }) {
  const { ratingCache, ownRatings } = page
  const rating = ratingCache.of(movieId).value
  return (
    <div class="card-score">
      <p class="card-mean" data-status={rating.status}>
        <span class="visually-hidden">{ratingText(rating)}</span>
        <MeanFigure rating={rating} />
        <span class="card-mean-count" aria-hidden="true">
          {countLabel(rating)}
        </span>
      </p>
      <Histogram rating={rating} own={ownRatings.of(movieId).value.wanted} />
    </div>
  )
}

/** The mean, which lights up for a moment when it changes. */
function MeanFigure({ rating }: { rating: Rating }) {
  const element = useRef<HTMLElement>(null)
  const text = rating.status === 'rated' ? `★ ${meanText(rating.aggregate.mean)}` : ''
  const before = useRef(text)
  useEffect(() => {
    if (before.current !== '' && before.current !== text) flash(element.current)
    before.current = text
  }, [text])
  return (
    <b ref={element} class="card-mean-value" aria-hidden="true">
      {text}
    </b>
  )
}

/** Maximum number of figures that light up at once. */
const flashCountMax = 12

function flash(element: HTMLElement | null): void {
  const running = document.getAnimations().filter(({ id }) => id === 'flash')
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
  if (running.length >= flashCountMax) return
  element?.animate([{ opacity: 0.35 }, { opacity: 1 }], { id: 'flash', duration: 600 })
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

/** The error of the last choice. It covers the poster, so it disappears after a while. */
export function CardError({ movieId, ownRatings }: CardErrorProps) {
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
