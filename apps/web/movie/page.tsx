import { useEffect, useMemo } from 'preact/hooks'
import { Bar } from '../bar.tsx'
import type { Movie } from '../catalogue/movie.ts'
import { Failure } from '../failure.tsx'
import type { PageProps } from '../page-props.ts'
import { Placard } from '../placard.tsx'
import { Poster } from '../poster/poster.tsx'
import { ratingWords } from '../rating/aggregate.ts'
import { RatingChoice } from '../rating/choice.tsx'
import { RatingChart } from './chart.tsx'
import { Facts } from './facts.tsx'
import { RatingPanel } from './panel.tsx'
import { createWatchedMovie } from './watch-movie.ts'

/** Who listens is told of a moving rating this often at most. */
const sayEveryMs = 10_000

/** One movie, its rating as it moves, and one's own. */
export function MoviePage({ movieId, ...page }: PageProps & { movieId: string }) {
  const { clients, board, connection, ownRatings, list } = page
  const watched = useMemo(() => {
    const known = list.state.peek().feed.movies.find(({ id }) => id === movieId)
    return createWatchedMovie({ clients, board, connection, movieId, known })
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
  if (status === 'absent') return <AbsentMovie />
  if (!movie && status === 'lost') return <UnreachableMovie />
  return <MovieArticle {...{ movieId, movie, page }} lost={status === 'lost'} />
}

interface MovieArticleProps {
  readonly movieId: string
  /** Undefined until it is known: what is drawn then has its place, and no more. */
  readonly movie: Movie | undefined
  readonly lost: boolean
  readonly page: PageProps
}

function MovieArticle({ movieId, movie, lost, page }: MovieArticleProps) {
  const rating = page.board.of(movieId)
  useSayMovement(movieId, page)
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
        <RatingPanel rating={rating} />
        <div class="movie-panel">
          <RatingChoice movieId={movieId} known={movie !== undefined} page={page} />
        </div>
        <RatingChart rating={rating} />
      </div>
      <MovieNotice unavailable={rating.value.status === 'unavailable'} lost={lost} page={page} />
    </article>
  )
}

function UnreachableMovie() {
  return (
    <Placard poster="Back soon" genre="Film-Noir">
      <h1 tabIndex={-1} class="visually-hidden">
        Movie
      </h1>
      <Failure title="Couldn't load this movie" text="Retrying…" />
    </Placard>
  )
}

function MovieNotice(props: { unavailable: boolean; lost: boolean; page: PageProps }) {
  if (props.page.connection.value === 'offline') {
    return (
      <Bar kind="bad" floating title="You are offline.">
        Showing the last known rating. Updates resume when you are back online.
      </Bar>
    )
  }
  if (props.lost) {
    return (
      <Bar kind="warn" floating title="Connection lost.">
        Showing the last known rating. Reconnecting…
      </Bar>
    )
  }
  if (!props.unavailable) return null
  return (
    <Bar kind="warn" floating title="Ratings are offline.">
      Retrying…
    </Bar>
  )
}

/** Back to the list where it was left, when it was. */
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

function AbsentMovie() {
  return (
    <Placard poster="Lost reel" genre="Thriller">
      <h1 tabIndex={-1}>Movie not found</h1>
      <p>We couldn't find that movie.</p>
      <p>
        <a href="/">Show all movies</a>
      </p>
    </Placard>
  )
}

function useSayMovement(movieId: string, { board, announce }: PageProps) {
  useEffect(() => {
    let said: string | undefined
    const say = () => {
      const words = ratingWords(board.of(movieId).peek())
      if (said !== undefined && said !== words) announce(`Now ${words}`)
      said = words
    }
    const timer = setInterval(say, sayEveryMs)
    return () => clearInterval(timer)
  }, [movieId])
}
