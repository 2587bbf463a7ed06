import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import { EmptyState } from '../empty-state.tsx'
import { Failure } from '../failure.tsx'
import type { PageProps } from '../page-props.ts'
import type { Route } from '../route.ts'
import { moveFocusByArrow } from './arrow-keys.ts'
import { backOff } from './back-off.ts'
import { Blocks } from './blocks.tsx'
import { typingMs } from './movie-list.ts'
import { useNearViewport } from './near-viewport.ts'
import { Notice } from './notice.tsx'
import { Skeleton } from './skeleton.tsx'
import { Toolbar } from './toolbar.tsx'
import { watchRatings } from './watch-ratings.ts'

type ListRoute = Extract<Route, { page: 'list' }>

/** The movies: the top list, the catalogue by title, or the results of a search. */
export function ListPage({ route, ...page }: PageProps & { route: ListRoute }) {
  const { list, clients, ratingCache, connection, announce } = page
  const near = useSignal<ReadonlyMap<string, readonly Movie[]>>(new Map())
  const movieIds = useComputed(() => [...near.value.values()].flat().map(({ id }) => id))
  const someRated = useComputed(() =>
    movieIds.value.some((id) => ratingCache.of(id).value.status === 'rated'),
  )
  const first = useRef(true)
  useEffect(() => {
    void list.show(route.order, route.query, first.current || !route.query ? 0 : typingMs)
    first.current = false
  }, [route.order, route.query])
  useEffect(() => watchRatings({ clients, ratingCache, connection, movieIds }), [])
  const listElement = useRef<HTMLDivElement>(null)
  useEffect(() => {
    listElement.current?.addEventListener('keydown', moveFocusByArrow)
  }, [])
  useLayoutEffect(() => {
    scrollTo(0, page.router.returned() ? list.scrollTop : 0)
    const saveScroll = () => {
      list.scrollTop = scrollY
    }
    addEventListener('scroll', saveScroll, { passive: true })
    return () => removeEventListener('scroll', saveScroll)
  }, [])
  const { feed, status, failureCount } = list.state.value
  useRetries(status === 'failed', failureCount, list.reload)
  const { movies, topCount, finished, query } = feed
  useEffect(() => {
    if (status === 'ready' && query) announce(resultsText(movies.length, finished, query))
  }, [status, query])
  const isEmpty = movies.length === 0
  return (
    <>
      <Toolbar
        route={route}
        busy={status === 'loading' && !isEmpty}
        hasTop={isEmpty || topCount > 0}
      />
      <Notice
        feed={feed}
        status={status}
        someRated={someRated}
        connection={connection.value}
        reload={list.reload}
      />
      <div
        class="list"
        aria-busy={status === 'loading' || status === 'loading-more'}
        ref={listElement}
      >
        {topCount > 0 ? (
          <Blocks
            movies={movies.slice(0, topCount)}
            ranked
            label="Top rated"
            page={page}
            near={near}
          />
        ) : null}
        {topCount > 0 && movies.length > topCount ? (
          <h2 class="list-heading">Not rated yet, A to Z</h2>
        ) : null}
        {movies.length > topCount ? (
          <Blocks
            movies={movies.slice(topCount)}
            ranked={false}
            label={topCount > 0 ? 'Not rated yet' : 'Movies by title'}
            page={page}
            near={near}
          />
        ) : null}
        {status === 'loading' && isEmpty ? <Skeleton /> : null}
        {status === 'failed' ? <ListUnavailable isEmpty={isEmpty} retry={list.reload} /> : null}
        {status === 'ready' && isEmpty ? <NoResults query={query} /> : null}
        {finished || isEmpty ? null : <End more={list.more} />}
      </div>
    </>
  )
}

function ListUnavailable({ isEmpty, retry }: { isEmpty: boolean; retry: () => void }) {
  const text = 'Retrying…'
  if (!isEmpty) {
    return <Failure title="Couldn't load more movies" text={text} retry={retry} />
  }
  return (
    <EmptyState poster="Back soon" genre="Film-Noir">
      <Failure title="Couldn't load movies" text={text} retry={retry} />
    </EmptyState>
  )
}

function resultsText(count: number, finished: boolean, query: string): string {
  if (count === 0) return `No results for ${query}`
  return `${count}${finished ? '' : ' or more'} ${count === 1 ? 'result' : 'results'} for ${query}`
}

function NoResults({ query }: { query: string }) {
  if (!query) return <p class="list-empty">The catalogue has no movies yet.</p>
  return (
    <EmptyState poster="Nothing found" genre="Mystery">
      <p class="list-empty">
        No title or director starts with <q>{query}</q>.
      </p>
      <p>
        <a href="/">Show all movies</a>
      </p>
    </EmptyState>
  )
}

/** Loads more when the end of the list comes near the viewport. */
function End({ more }: { more: () => void }) {
  const element = useRef<HTMLDivElement>(null)
  const viewport = useNearViewport('200% 0px')
  useEffect(() => {
    if (!element.current) return
    let timer: ReturnType<typeof setInterval> | undefined
    const stop = viewport.observe(element.current, (near) => {
      clearInterval(timer)
      if (!near) return
      more()
      // On a tall screen the end may still be near after a page, without another event.
      timer = setInterval(more, 250)
    })
    return () => {
      clearInterval(timer)
      stop()
    }
  }, [viewport, more])
  return <div ref={element} class="list-end" />
}

/** Retries after a failure with a growing delay, and when the network is back. */
function useRetries(failed: boolean, failureCount: number, retry: () => void) {
  useEffect(() => {
    if (!failed) return
    const timer = setTimeout(retry, backOff(failureCount))
    addEventListener('online', retry)
    return () => {
      clearTimeout(timer)
      removeEventListener('online', retry)
    }
  }, [failed, failureCount])
}
