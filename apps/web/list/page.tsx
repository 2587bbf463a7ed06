import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import { Failure } from '../failure.tsx'
import { backOffMs } from '../live/back-off.ts'
import type { PageProps } from '../page-props.ts'
import { Placard } from '../placard.tsx'
import type { Route } from '../route.ts'
import { followArrows } from './arrows.ts'
import { Blocks } from './blocks.tsx'
import { typingMs } from './movie-list.ts'
import { useNearness } from './nearness.ts'
import { Notice } from './notice.tsx'
import { Skeleton } from './skeleton.tsx'
import { Toolbar } from './toolbar.tsx'
import { watchRatings } from './watch-ratings.ts'

type ListRoute = Extract<Route, { page: 'list' }>

/** The movies: the top list, the catalogue by title, or what a search finds. */
export function ListPage({ route, ...page }: PageProps & { route: ListRoute }) {
  const { list, clients, board, connection, announce } = page
  const near = useSignal<ReadonlyMap<string, readonly Movie[]>>(new Map())
  const movieIds = useComputed(() => [...near.value.values()].flat().map(({ id }) => id))
  const someRated = useComputed(() =>
    movieIds.value.some((id) => board.of(id).value.status === 'rated'),
  )
  const first = useRef(true)
  useEffect(() => {
    void list.show(route.order, route.query, first.current || !route.query ? 0 : typingMs)
    first.current = false
  }, [route.order, route.query])
  useEffect(() => watchRatings({ clients, board, connection, movieIds }), [])
  const listElement = useRef<HTMLDivElement>(null)
  useEffect(() => {
    listElement.current?.addEventListener('keydown', followArrows)
  }, [])
  useLayoutEffect(() => {
    scrollTo(0, page.router.returned() ? list.scrollTop : 0)
    const keep = () => {
      list.scrollTop = scrollY
    }
    addEventListener('scroll', keep, { passive: true })
    return () => removeEventListener('scroll', keep)
  }, [])
  const { feed, status, failureCount } = list.state.value
  useRetries(status === 'failed', failureCount, list.reload)
  const { movies, topCount, finished, query } = feed
  useEffect(() => {
    if (status === 'ready' && query) announce(foundWords(movies.length, finished, query))
  }, [status, query])
  const nothing = movies.length === 0
  return (
    <>
      <Toolbar
        route={route}
        page={page}
        busy={status === 'loading' && !nothing}
        topped={nothing || topCount > 0}
      />
      <Notice {...{ feed, status, someRated }} connection={connection.value} reload={list.reload} />
      <div
        class="list"
        aria-busy={status === 'loading' || status === 'loading-more'}
        ref={listElement}
      >
        {topCount > 0 ? (
          <Blocks movies={movies.slice(0, topCount)} ranked label="Top rated" {...{ page, near }} />
        ) : null}
        {topCount > 0 && movies.length > topCount ? (
          <h2 class="list-heading">Not rated yet, A to Z</h2>
        ) : null}
        {movies.length > topCount ? (
          <Blocks
            movies={movies.slice(topCount)}
            ranked={false}
            label={topCount > 0 ? 'Not rated yet' : 'Movies by title'}
            {...{ page, near }}
          />
        ) : null}
        {status === 'loading' && nothing ? <Skeleton /> : null}
        {status === 'failed' ? <Unreachable nothing={nothing} retry={list.reload} /> : null}
        {status === 'ready' && nothing ? <NothingFound query={query} /> : null}
        {finished || nothing ? null : <End more={list.more} />}
      </div>
    </>
  )
}

function Unreachable({ nothing, retry }: { nothing: boolean; retry: () => void }) {
  const text = 'Retrying…'
  if (!nothing) {
    return <Failure title="Couldn't load more movies" {...{ text, retry }} />
  }
  return (
    <Placard poster="Back soon" genre="Film-Noir">
      <Failure title="Couldn't load movies" {...{ text, retry }} />
    </Placard>
  )
}

function foundWords(count: number, finished: boolean, query: string): string {
  if (count === 0) return `No results for ${query}`
  return `${count}${finished ? '' : ' or more'} ${count === 1 ? 'result' : 'results'} for ${query}`
}

function NothingFound({ query }: { query: string }) {
  if (!query) return <p class="list-nothing">The catalogue has no movies yet.</p>
  return (
    <Placard poster="Nothing found" genre="Mystery">
      <p class="list-nothing">
        No title or director starts with <q>{query}</q>.
      </p>
      <p>
        <a href="/">Show all movies</a>
      </p>
    </Placard>
  )
}

/** Reads on when the end of the list comes near. */
function End({ more }: { more: () => void }) {
  const element = useRef<HTMLDivElement>(null)
  const nearness = useNearness('200% 0px')
  useEffect(() => {
    if (!element.current) return
    let timer: ReturnType<typeof setInterval> | undefined
    const stop = nearness.observe(element.current, (near) => {
      clearInterval(timer)
      if (!near) return
      more()
      // Still near when the page is there, on a tall screen: nothing would tell again.
      timer = setInterval(more, 250)
    })
    return () => {
      clearInterval(timer)
      stop()
    }
  }, [nearness, more])
  return <div ref={element} class="list-end" />
}

/** Tries again after a failure, sooner or later by how often it failed, and when the network is back. */
function useRetries(failed: boolean, failureCount: number, retry: () => void) {
  useEffect(() => {
    if (!failed) return
    const timer = setTimeout(retry, backOffMs(failureCount))
    addEventListener('online', retry)
    return () => {
      clearTimeout(timer)
      removeEventListener('online', retry)
    }
  }, [failed, failureCount])
}
