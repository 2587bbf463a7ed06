import { useEffect, useMemo } from 'preact/hooks'
import { Bar } from '../bar.tsx'
import type { Movie } from '../catalogue/movie.ts'
import { Failure } from '../failure.tsx'
import type { PageProps } from '../page-props.ts'
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
  if (status === 'absent') return <AbsentMovie movieId={movieId} />
  if (movie) return <KnownMovie movie={movie} lost={status === 'lost'} page={page} />
  if (status === 'watching') return <MovieSkeleton />
  return (
    <div class="movie-failure">
      <h1 tabIndex={-1} class="visually-hidden">
        Movie
      </h1>
      <Failure
        title={
          connection.value === 'offline'
            ? 'You are offline'
            : 'This movie cannot be reached at present'
        }
        text="The page tries again by itself."
      />
    </div>
  )
}

function KnownMovie({ movie, lost, page }: { movie: Movie; lost: boolean; page: PageProps }) {
  const rating = page.board.of(movie.id)
  useSayMovement(movie, page)
  return (
    <article class="movie">
      <BackLink />
      <div class="movie-poster">
        <Poster movie={movie} />
      </div>
      <div class="movie-head">
        <h1 tabIndex={-1}>
          {movie.title} {movie.year ? <span class="movie-year">{movie.year}</span> : null}
        </h1>
        {movie.description ? <p class="movie-description">{movie.description}</p> : null}
        <Facts movie={movie} />
        <MovieNotice unavailable={rating.value.status === 'unavailable'} lost={lost} page={page} />
      </div>
      <div class="movie-panels">
        <RatingPanel rating={rating} />
        <div class="movie-panel">
          <RatingChoice movie={movie} page={page} />
        </div>
        <RatingChart rating={rating} />
      </div>
    </article>
  )
}

function MovieNotice(props: { unavailable: boolean; lost: boolean; page: PageProps }) {
  if (props.page.connection.value === 'offline') {
    return (
      <Bar kind="bad" floating title="You are offline.">
        What is shown may be old. It goes on when the network is back.
      </Bar>
    )
  }
  if (props.lost) {
    return (
      <Bar kind="warn" floating title="The connection was lost.">
        What is shown may be old. The page tries again by itself.
      </Bar>
    )
  }
  if (!props.unavailable) return null
  return (
    <Bar kind="warn" floating title="Ratings are unavailable at present.">
      They return by themselves.
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

function AbsentMovie({ movieId }: { movieId: string }) {
  return (
    <section class="prose">
      <h1 tabIndex={-1}>There is no such movie</h1>
      <p>
        The catalogue knows nothing of <code>{movieId}</code>.
      </p>
      <p>
        <a href="/">Show all movies</a>
      </p>
    </section>
  )
}

function MovieSkeleton() {
  return (
    <div class="movie" aria-busy="true">
      <BackLink />
      <div class="movie-poster">
        <div class="ghost-poster" />
      </div>
      <div class="movie-head">
        <h1 tabIndex={-1}>
          <span class="visually-hidden">Loading the movie</span>
          <span class="ghost-line" />
        </h1>
      </div>
      <div class="movie-panels">
        <div class="movie-panel ghost-panel" />
        <div class="movie-panel ghost-panel" />
        <div class="movie-panel ghost-panel rating-chart" />
      </div>
    </div>
  )
}

function useSayMovement(movie: Movie, { board, announce }: PageProps) {
  useEffect(() => {
    let said: string | undefined
    const say = () => {
      const words = ratingWords(board.of(movie.id).peek())
      if (said !== undefined && said !== words) announce(`Now ${words}`)
      said = words
    }
    const timer = setInterval(say, sayEveryMs)
    return () => clearInterval(timer)
  }, [movie.id])
}
