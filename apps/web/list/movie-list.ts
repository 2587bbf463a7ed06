import type { Result, RpcError } from '@marquee/client/result'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Movie, takeMovies } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import { createLatestOnly } from '../live/latest-only.ts'
import type { OwnRatings } from '../rating/own-ratings.ts'
import type { RatingCache } from '../rating/rating-cache.ts'
import {
  addPage,
  emptyFeed,
  type Feed,
  type FeedPage,
  fallBack,
  fallbackOf,
  sameList,
  shownView,
} from './feed.ts'
import { listRequest } from './list-request.ts'
import { allMovies, type ListView } from './list-view.ts'
import { recentRatings } from './period.ts'

/** Delay after a keystroke before the search starts. */
export const typingMs = 150

/** Longest time that a list is shown while another one loads, in milliseconds. */
export const previousListMs = 1_000

export interface ListState {
  /** The list that is shown: the requested one, or for a moment the previous one while it loads. */
  readonly feed: Feed
  /** Status of the requested list. */
  readonly status: 'loading' | 'loading-more' | 'ready' | 'failed'
  /** Why the last request of the requested list failed. Kept until another one succeeds. */
  readonly error?: RpcError | undefined
  /** Number of failures in a row. */
  readonly failureCount: number
}

/** The list of movies: loads it page by page. */
export interface MovieList {
  readonly state: ReadonlySignal<ListState>
  /**
   * Shows a list, after `delayMs` unless another one is requested until then. Settles when the list
   * is loaded or has failed.
   */
  show(view: ListView, delayMs?: number): Promise<void>
  /** Loads the next page, unless it is being loaded or the list is finished. */
  more(): void
  /**
   * Loads the failed page again. Loads the whole list when none failed, or when the list of the
   * failed page has ended.
   */
  reload(): void
  /** Resolves with the first movie of the requested list, or undefined when there is none. */
  first(): Promise<Movie | undefined>
  /** Scroll position when the page was left. */
  scrollTop: number
}

interface ListParts {
  readonly clients: Pick<Clients, 'movie'>
  readonly ratingCache: RatingCache
  readonly ownRatings: Pick<OwnRatings, 'of'>
}

export function createMovieList(parts: ListParts): MovieList {
  const latestOnly = createLatestOnly()
  let requested: Feed | undefined
  let shown: Promise<void> = Promise.resolve()
  let endOfPrevious: ReturnType<typeof setTimeout> | undefined
  const state = signal<ListState>({
    feed: emptyFeed(allMovies),
    status: 'loading',
    failureCount: 0,
  })
  const change = (part: Partial<ListState>) => {
    state.value = { ...state.peek(), ...part }
  }
  /** Loaded part of the requested list. Undefined while the previous list is shown. */
  const loaded = (): Feed | undefined => {
    const { feed } = state.peek()
    return requested && sameList(requested.view, feed.view) ? feed : undefined
  }

  async function load(from: Feed, delayMs?: number): Promise<void> {
    change({ status: from.movies.length > 0 ? 'loading-more' : 'loading' })
    const read = (signal: AbortSignal) => readMore(parts, from, signal)
    const result = await latestOnly.run(read, delayMs)
    if (!result) return
    if (result.ok) {
      change({ feed: result.value, status: 'ready', error: undefined, failureCount: 0 })
    } else fail(result.error)
  }

  function fail(error: RpcError): void {
    removePrevious()
    change({ status: 'failed', error, failureCount: state.peek().failureCount + 1 })
  }

  /** Removes the previous list: its movies are not those of the title above them. */
  function removePrevious(): void {
    if (requested && !loaded()) change({ feed: requested })
  }

  const list: MovieList = {
    state,
    scrollTop: 0,
    async show(view, delayMs) {
      const next = emptyFeed(view)
      if (requested && sameList(requested.view, view)) return
      requested = next
      list.scrollTop = 0
      change({ error: undefined, failureCount: 0 })
      shown = load(next, delayMs)
      clearTimeout(endOfPrevious)
      endOfPrevious = setTimeout(removePrevious, (delayMs ?? 0) + previousListMs)
      await shown
    },
    async first() {
      // Typing may have requested another list meanwhile.
      for (let waited: typeof shown | undefined; waited !== shown; ) {
        waited = shown
        await waited
      }
      return loaded()?.movies[0]
    },
    more() {
      const { status, feed } = state.peek()
      if (status === 'ready' && !feed.finished) void load(feed)
    },
    reload() {
      const { error } = state.peek()
      const from = error && !hasEnded(error) ? loaded() : undefined
      if (requested) void load(from ?? requested)
    },
  }
  return list
}

/** True when the list of a page is no longer kept: it was of another day, for example. */
export function hasEnded(error: RpcError | undefined): boolean {
  return error?.reason === 'PAGE_TOKEN_INVALID'
}

/** Reads pages until there is a new movie. Without ratings, the list is by IMDb. */
async function readMore(parts: ListParts, feed: Feed, signal: AbortSignal): Promise<Result<Feed>> {
  let next = feed
  while (next.movies.length === feed.movies.length && !next.finished) {
    const page = await readPage(parts, next, signal)
    const fallback = next.pageToken === '' ? fallbackOf(shownView(next), page) : undefined
    if (fallback) next = fallBack(next, fallback)
    else if (page.ok) next = addPage(next, page.value)
    else return page
  }
  return { ok: true, value: next }
}

async function readPage(
  { clients, ratingCache, ownRatings }: ListParts,
  feed: Feed,
  signal: AbortSignal,
): Promise<Result<FeedPage>> {
  const request = listRequest(shownView(feed), feed.pageToken)
  const result = await clients.movie.movies.listMovies(request, { signal })
  if (!result.ok) return result
  const { nextPageToken, totalSize } = result.value
  const isHidden = ({ id }: Movie) =>
    feed.view.hidesRated && ownRatings.of(id).peek().wanted !== undefined
  const movies = takeMovies(result.value, ratingCache).filter((movie) => !isHidden(movie))
  const recent = recentRatings(result.value, shownView(feed).period)
  return { ok: true, value: { movies, recent, nextPageToken, totalSize } }
}
