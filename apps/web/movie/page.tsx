import { useEffect, useMemo } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import { EmptyState } from '../empty-state.tsx'
import { Failure } from '../failure.tsx'
import { NoticeBar } from '../notice-bar.tsx'
import type { PageProps } from '../page-props.ts'
import { Poster } from '../poster/poster.tsx'
import { ratingText } from '../rating/aggregate.ts'
import { RatingChoice } from '../rating/choice.tsx'
import { RatingChart } from './chart.tsx'
import { Facts } from './facts.tsx'
import { RatingPanel } from './panel.tsx'
import { createWatchedMovie } from './watch-movie.ts'

/** Minimum interval between announcements of a changed rating. */
const announceEveryMs = 10_000

/** One movie, its live rating, and the person's own rating. */
export function MoviePage({ movieId, ...page }: PageProps & { movieId: string }) {
  const { clients, ratingCache, connection, ownRatings, list } = page
  const watched = useMemo(() => {
    const known = list.state.peek().feed.movies.find(({ id }) => id === movieId)
    return createWatchedMovie({ clients, ratingCache, connection, movieId, known })
  }, [movieId])
  useEffect(watched.start, [watched])
  useEffect(() => {
    void ownRatings.refresh(movieId)
  }, [movieId])
  const movie = watched.movie.value
  const status = watched.status.value
  useEffect(() => {
    if (movie) document.title = `${movie.title} · Marquee`
  }, [movie])
  if (status === 'not-found') return <MovieNotFound />
  if (!movie && status === 'lost') return <MovieUnavailable />
  return <MovieArticle movieId={movieId} movie={movie} page={page} lost={status === 'lost'} />
}

interface MovieArticleProps {
  readonly movieId: string
  /** Undefined while it loads; then placeholders keep its space. */
  readonly movie: Movie | undefined
  readonly lost: boolean
  readonly page: PageProps
}

function MovieArticle({ movieId, movie, lost, page }: MovieArticleProps) {
  const rating = page.ratingCache.of(movieId)
  useAnnounceRating(movieId, page)
  return (
    <article class="movie" aria-busy={!movie}>
      <BackLink />
      <div class="movie-poster">
        {movie ? <Poster movie={movie} /> : <div class="ghost-poster" />}
      </div>
      <div class="movie-head">
        <h1 tabIndex={-1}>
          {movie ? movie.title : <span class="visually-hidden">Loading the movie</span>}{' '}
          {movie?.year ? <span class="movie-year">{movie.year}</span> : null}
          {movie ? null : <span class="ghost-line" />}
        </h1>
        {movie?.description ? <p class="movie-description">{movie.description}</p> : null}
        {movie ? <Facts movie={movie} /> : <div class="facts" />}
      </div>
      <div class="movie-panels" inert={!movie}>
        <RatingPanel rating={rating} scale={page.ratingCache.scale} />
        <div class="movie-panel">
          <RatingChoice movieId={movieId} movie={movie} page={page} />
        </div>
        <RatingChart rating={rating} scale={page.ratingCache.scale} />
      </div>
      <MovieNotice unavailable={rating.value.status === 'unavailable'} lost={lost} page={page} />
    </article>
  )
}

function MovieUnavailable() {
  return (
    <EmptyState poster="Back soon" genre="Film-Noir">
      <h1 tabIndex={-1} class="visually-hidden">
        Movie
      </h1>
      <Failure title="Couldn't load this movie" text="Retrying…" />
    </EmptyState>
  )
}

function MovieNotice(props: { unavailable: boolean; lost: boolean; page: PageProps }) {
  if (props.page.connection.value === 'offline') {
    return (
      <NoticeBar kind="bad" floating title="You are offline.">
        Showing the last known rating. Updates resume when you are back online.
      </NoticeBar>
    )
  }
  if (props.lost) {
    return (
      <NoticeBar kind="warn" floating title="Connection lost.">
        Showing the last known rating. Reconnecting…
      </NoticeBar>
    )
  }
  if (!props.unavailable) return null
  return (
    <NoticeBar kind="warn" floating title="Ratings are offline.">
      Retrying…
    </NoticeBar>
  )
}

/** A link back to the list, to the scroll position where it was left. */
function BackLink() {
  const back = (event: MouseEvent) => {
    if (history.state?.fromList !== true || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    history.back()
  }
  return (
    <p class="movie-back">
      <a href="/" onClick={back}>
        All movies
      </a>
    </p>
  )
}

function MovieNotFound() {
  return (
    <EmptyState poster="Lost reel" genre="Thriller">
      <h1 tabIndex={-1}>Movie not found</h1>
      <p>We couldn't find that movie.</p>
      <p>
        <a href="/">Show all movies</a>
      </p>
    </EmptyState>
  )
}

function useAnnounceRating(movieId: string, { ratingCache, announce }: PageProps) {
  useEffect(() => {
    let announced: string | undefined
    const update = () => {
      const text = ratingText(ratingCache.of(movieId).peek())
      if (announced !== undefined && announced !== text) announce(`Now ${text}`)
      announced = text
    }
    const timer = setInterval(update, announceEveryMs)
    return () => clearInterval(timer)
  }, [movieId])
}
