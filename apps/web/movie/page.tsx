import type { RpcError } from '@marquee/client/result'
import { useEffect, useMemo } from 'preact/hooks'
import { hasYear, type Movie, titleWithYear } from '../catalogue/movie.ts'
import { EmptyState } from '../empty-state.tsx'
import { Failure } from '../failure.tsx'
import { listPath } from '../list/list-view.ts'
import { NoticeBar } from '../notice-bar.tsx'
import type { PageProps } from '../page-props.ts'
import { Poster } from '../poster/poster.tsx'
import { ratingText } from '../rating/aggregate.ts'
import { moviePath } from '../route.ts'
import { isFinal, loadErrorText, retriedErrorText } from '../rpc-error.ts'
import { useSingleKeys } from '../shortcuts.ts'
import { Actions } from './actions.tsx'
import { Details } from './details.tsx'
import { type ListPosition, positionOf } from './list-position.ts'
import { MetaLine } from './meta-line.tsx'
import { ScoreBand } from './score-band.tsx'
import { SimilarMovies } from './similar.tsx'
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
    if (movie) document.title = `${titleWithYear(movie)} · Marquee`
  }, [movie])
  if (status === 'not-found') return <MovieNotFound />
  const error = status === 'watching' ? undefined : watched.error.value
  if (!movie && error) return <MovieUnavailable error={error} />
  return <MovieArticle movieId={movieId} movie={movie} page={page} error={error} />
}

interface MovieArticleProps {
  readonly movieId: string
  /** Undefined while it loads; then placeholders keep its space. */
  readonly movie: Movie | undefined
  /** Why the rating is not current. */
  readonly error: RpcError | undefined
  readonly page: PageProps
}

function MovieArticle({ movieId, movie, error, page }: MovieArticleProps) {
  const { status } = page.ratingCache.of(movieId).value
  const position = positionOf(page.list, movieId)
  useAnnounceRating(movieId, page)
  useNeighbourKeys(movieId, page)
  return (
    <article class="movie" aria-busy={!movie}>
      <nav class="movie-back" aria-label="List">
        <BackLink position={position} />
        <NeighbourLink direction="previous" movie={position?.previous} router={page.router} />
        <NeighbourLink direction="next" movie={position?.next} router={page.router} />
      </nav>
      <div class="movie-poster">
        {movie ? <Poster movie={movie} /> : <div class="ghost-poster" />}
      </div>
      <div class="movie-head">
        <h1 tabIndex={-1}>
          {movie ? movie.title : <span class="visually-hidden">Loading the movie</span>}{' '}
          {movie?.year && !hasYear(movie) ? <YearLink year={movie.year} /> : null}
          {movie ? null : <span class="ghost-line" />}
        </h1>
        {movie?.description ? <p class="movie-description">{movie.description}</p> : null}
        <p class="movie-meta">{movie ? <MetaLine movie={movie} /> : null}</p>
        <Actions movieId={movieId} announce={page.announce} />
      </div>
      <ScoreBand movieId={movieId} movie={movie} rank={position?.rank} page={page} />
      <div class="movie-details">{movie ? <Details movie={movie} page={page} /> : null}</div>
      <div class="movie-similar">{movie ? <SimilarMovies movie={movie} page={page} /> : null}</div>
      <MovieNotice unavailable={status === 'unavailable'} error={error} page={page} />
    </article>
  )
}

function MovieUnavailable({ error }: { error: RpcError }) {
  return (
    <EmptyState poster="Back soon" genre="Film-Noir">
      <h1 tabIndex={-1} class="visually-hidden">
        Movie
      </h1>
      <Failure title="Couldn't load this movie" text={retriedErrorText(error)}>
        <a class="button button-link" href="/">
          All movies
        </a>
      </Failure>
    </EmptyState>
  )
}

interface MovieNoticeProps {
  readonly unavailable: boolean
  readonly error: RpcError | undefined
  readonly page: PageProps
}

function MovieNotice({ unavailable, error, page }: MovieNoticeProps) {
  if (page.connection.value === 'offline') return null
  if (error && isFinal(error)) {
    return (
      <NoticeBar kind="warn" floating title="Not live.">
        Showing the last known rating. {loadErrorText(error, 'movie')}
      </NoticeBar>
    )
  }
  if (error) {
    return (
      <NoticeBar kind="warn" floating title="Connection lost.">
        Showing the last known rating. Reconnecting…
      </NoticeBar>
    )
  }
  if (!unavailable) return null
  return (
    <NoticeBar kind="warn" floating title="Ratings are offline.">
      Retrying…
    </NoticeBar>
  )
}

/** A link back to the list; from the list itself, to the scroll position where it was left. */
function BackLink({ position }: { position: ListPosition | undefined }) {
  const back = (event: MouseEvent) => {
    if (history.state?.fromList !== true || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    history.back()
  }
  return (
    <a class="movie-back-link" href={position?.path ?? '/'} onClick={back}>
      {position?.text ?? 'All movies'}
    </a>
  )
}

interface NeighbourLinkProps {
  readonly direction: 'previous' | 'next'
  readonly movie: Movie | undefined
  readonly router: PageProps['router']
}

/** A link to the movie beside this one in the list. Like the arrow keys, it adds no history. */
function NeighbourLink({ direction, movie, router }: NeighbourLinkProps) {
  if (!movie) return null
  const name = direction === 'previous' ? 'Previous' : 'Next'
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    router.navigate(moviePath(movie.id), { replace: true })
  }
  return (
    <a
      class={`movie-${direction}`}
      href={moviePath(movie.id)}
      title={titleWithYear(movie)}
      aria-label={`${name}: ${titleWithYear(movie)}`}
      onClick={open}
    >
      {name}
    </a>
  )
}

function YearLink({ year }: { year: number }) {
  const decade = Math.floor(year / 10) * 10
  return (
    <a class="movie-year" href={listPath({ decade, sort: 'year', descending: false })}>
      {year}
    </a>
  )
}

/** The arrow keys open the movies before and after this one in the list. */
function useNeighbourKeys(movieId: string, { list, router, singleKeys }: PageProps): void {
  useSingleKeys(singleKeys, (event) => {
    // In the rating, arrows choose another value.
    if (event.target instanceof HTMLInputElement) return
    const position = positionOf(list, movieId)
    const keys = { ArrowLeft: position?.previous, ArrowRight: position?.next }
    const movie = keys[event.key as keyof typeof keys]
    if (!movie) return
    event.preventDefault()
    router.navigate(moviePath(movie.id), { replace: true })
  })
}

function MovieNotFound() {
  useEffect(() => {
    document.title = 'Movie not found · Marquee'
  }, [])
  return (
    <EmptyState poster="Lost reel" genre="Thriller">
      <h1 tabIndex={-1}>Movie not found</h1>
      <a class="button button-link" href="/">
        All movies
      </a>
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
