import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import type { Route } from '../route.ts'
import { isFinal } from '../rpc-error.ts'
import { moveFocusByArrow } from './arrow-keys.ts'
import { backOff } from './back-off.ts'
import { Blocks } from './blocks.tsx'
import { useColumns } from './columns.ts'
import { sameList } from './feed.ts'
import { FilterBar } from './filter-bar.tsx'
import { Letters } from './letters.tsx'
import { ListError } from './list-error.tsx'
import { type ListView, listPath, sortName } from './list-view.ts'
import { useMovedCards } from './move-cards.ts'
import { hasEnded, typingMs } from './movie-list.ts'
import type { NearMovies } from './near-block.ts'
import { useNearViewport } from './near-viewport.ts'
import { Notice } from './notice.tsx'
import { OrderPill } from './order-pill.tsx'
import { Skeleton } from './skeleton.tsx'
import { ListEnd, NoMovies, SimilarWords } from './states.tsx'
import { MovieTable } from './table.tsx'
import { searchTitle, Toolbar } from './toolbar.tsx'
import { watchRatings } from './watch-ratings.ts'

type ListRoute = Extract<Route, { page: 'list' }>

/** The movies: the top list, the catalogue in another order, or the results of a search. */
export function ListPage({ route: { view }, ...page }: PageProps & { route: ListRoute }) {
  const { list, clients, ratingCache, connection } = page
  const near = useSignal<ReadonlyMap<string, readonly Movie[]>>(new Map())
  const movieIds = useComputed(() => {
    const ids = new Set([...near.value.values()].flat().map(({ id }) => id))
    return list.state.value.feed.movies.filter(({ id }) => ids.has(id)).map(({ id }) => id)
  })
  useShownList(page, view)
  useEffect(() => watchRatings({ clients, ratingCache, connection, movieIds }), [])
  useScrollPosition(page)
  const listElement = useRef<HTMLDivElement>(null)
  useEffect(() => {
    listElement.current?.addEventListener('keydown', moveFocusByArrow)
  }, [])
  const { feed, status, error, failureCount } = list.state.value
  const { remember } = useMovedCards(listElement, feed.movies)
  const update = () => {
    remember()
    list.reload()
  }
  const mayRecover = error !== undefined && !isFinal(error)
  useRetries(mayRecover, failureCount, list.reload)
  const reload = () => {
    list.reload()
    if (hasEnded(error)) scrollTo(0, 0)
  }
  useRatingsRetry(status === 'ready' && feed.fallback === 'unavailable', list.reload)
  useAnnounceResults(page)
  const isEmpty = feed.movies.length === 0
  const isTop = feed.view.sort === 'top' && feed.view.descending && !feed.fallback
  // Among the shown ones, a movie has another place than in the list.
  const ranked = isTop && !feed.view.hidesRated
  return (
    <>
      <Toolbar view={view} feed={feed} busy={status === 'loading' && !isEmpty} />
      <FilterBar view={view} feed={feed} page={page} />
      {view.sort === 'title' ? <Letters view={view} page={page} /> : null}
      <Notice
        feed={feed}
        status={status}
        connection={connection.value}
        movieIds={movieIds}
        ratingCache={ratingCache}
        reload={list.reload}
      />
      {isTop && !feed.view.period && status === 'ready' && connection.value !== 'offline' ? (
        <OrderPill movieIds={movieIds} ratingCache={ratingCache} update={update} />
      ) : null}
      <SimilarWords feed={feed} />
      <div
        class="list"
        aria-busy={status === 'loading' || status === 'loading-more'}
        data-previous={sameList(feed.view, view) ? undefined : ''}
        ref={listElement}
      >
        <Movies layout={view.layout} ranked={ranked} near={near} page={page} />
        {error ? <ListError {...{ view, error, isEmpty }} retry={reload} /> : null}
        {status === 'ready' && isEmpty ? <NoMovies feed={feed} /> : null}
        {feed.finished && !isEmpty ? <ListEnd feed={feed} /> : null}
        {feed.finished || isEmpty ? null : <End more={list.more} />}
      </div>
    </>
  )
}

interface MoviesProps {
  readonly layout: 'posters' | 'table'
  readonly ranked: boolean
  readonly near: NearMovies
  readonly page: PageProps
}

function Movies({ layout, ranked, near, page }: MoviesProps) {
  const columns = useColumns()
  const { feed, status, error } = page.list.state.value
  const { movies, recent, view, fallback } = feed
  const label = view.query ? 'Results' : fallback ? 'Popular movies' : sortName(view)
  if (movies.length === 0) {
    return status === 'loading' && !error ? <Skeleton columns={columns} /> : null
  }
  const shared = { movies, recent, ranked, near, page, label }
  if (layout === 'table') return <MovieTable {...shared} view={{ ...view, layout }} />
  return <Blocks {...shared} columns={columns} />
}

/** Loads the list of the URL. */
function useShownList({ list }: PageProps, view: ListRoute['view']): void {
  const before = useRef<ListView>(undefined)
  useEffect(() => {
    const { current: last } = before
    before.current = view
    const isTyping = last !== undefined && last.query !== view.query
    void list.show(view, isTyping && view.query ? typingMs : 0)
    // The filters are in view at any scroll position; another list begins at its start.
    if (last && !sameList(last, view)) scrollTo(0, 0)
  }, [listPath(view)])
}

function useScrollPosition({ list, router }: PageProps): void {
  useLayoutEffect(() => {
    scrollTo(0, router.returned() ? list.scrollTop : 0)
    const saveScroll = () => {
      list.scrollTop = scrollY
    }
    addEventListener('scroll', saveScroll, { passive: true })
    return () => removeEventListener('scroll', saveScroll)
  }, [])
}

function useAnnounceResults({ list, announce }: PageProps): void {
  const { feed, status } = list.state.value
  const { query } = feed.view
  useEffect(() => {
    if (status === 'ready' && query) announce(searchTitle(query, feed.totalSize))
  }, [status, query])
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

/** Interval of requests for a list that is without its ratings, in milliseconds. */
const ratingsRetryMs = 5_000

/** Requests the list again until it has ratings, while nobody has scrolled into it. */
function useRatingsRetry(isWithout: boolean, reload: () => void): void {
  useEffect(() => {
    if (!isWithout) return
    const timer = setInterval(() => {
      if (scrollY <= innerHeight) reload()
    }, ratingsRetryMs)
    return () => clearInterval(timer)
  }, [isWithout])
}
