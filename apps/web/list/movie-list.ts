import { type ReadonlySignal, signal } from '@preact/signals'
import { ListMoviesRequest_Order } from '../../../gen/movie/v1/movie_pb.ts'
import { type Movie, readMovie, readMovieRating } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import { createSequence } from '../live/sequence.ts'
import type { RatingBoard } from '../rating/board.ts'
import type { ListOrder } from '../route.ts'
import { isUnavailable } from '../rpc-error.ts'
import { addPage, emptyFeed, type Feed, sameList, skipTop } from './feed.ts'

const pageSize = 48

/** One keystroke follows another within this. */
export const typingMs = 150

export interface ListState {
  /** What is shown: the list that is asked for, or the one before until the answer is there. */
  readonly feed: Feed
  /** Of the list that is asked for. */
  readonly status: 'loading' | 'loading-more' | 'ready' | 'failed'
  /** How often in a row the last call failed. */
  readonly failureCount: number
}

/** The list of movies: what is asked for, and what has come of it. */
export interface MovieList {
  readonly state: ReadonlySignal<ListState>
  /**
   * Shows a list, after `delayMs` if it is asked for no other one meanwhile. Settles when it is there,
   * or cannot be.
   */
  show(order: ListOrder, query: string, delayMs?: number): Promise<void>
  /** Reads on, unless that is going on, or there is nothing more. */
  more(): void
  /** Asks again for what failed; when nothing did, for all of it from the beginning. */
  reload(): void
  /** Where the page was when it was left. */
  scrollTop: number
}

export function createMovieList(clients: Clients, board: RatingBoard): MovieList {
  const sequence = createSequence()
  let asked: Feed | undefined
  const state = signal<ListState>({ feed: emptyFeed('top'), status: 'loading', failureCount: 0 })
  const change = (part: Partial<ListState>) => {
    state.value = { ...state.peek(), ...part }
  }

  async function load(from: Feed, delayMs?: number): Promise<void> {
    change({ status: from.movies.length > 0 ? 'loading-more' : 'loading' })
    try {
      const read = (signal: AbortSignal) => readOn(clients, board, from, signal)
      const feed = await sequence.run(read, delayMs)
      if (feed) change({ feed, status: 'ready', failureCount: 0 })
    } catch {
      change({ status: 'failed', failureCount: state.peek().failureCount + 1 })
    }
  }

  const list: MovieList = {
    state,
    scrollTop: 0,
    async show(order, query, delayMs) {
      const next = emptyFeed(order, query)
      if (asked && sameList(asked, next)) return
      asked = next
      list.scrollTop = 0
      change({ failureCount: 0 })
      await load(next, delayMs)
    },
    more() {
      const { status, feed } = state.peek()
      if (status === 'ready' && !feed.finished) void load(feed)
    },
    reload() {
      const { status, feed } = state.peek()
      if (!asked) return
      void load(status === 'failed' && sameList(asked, feed) ? feed : asked)
    },
  }
  return list
}

/** Reads until there is something new: a page may be empty, and the top list may be away. */
async function readOn(clients: Clients, board: RatingBoard, feed: Feed, signal: AbortSignal) {
  let next = feed
  while (next.movies.length === feed.movies.length && !next.finished) {
    try {
      next = addPage(next, await readPage(clients, board, next, signal))
    } catch (error) {
      if (next.order !== 'top' || !isUnavailable(error)) throw error
      next = skipTop(next)
    }
  }
  return next
}

async function readPage(clients: Clients, board: RatingBoard, feed: Feed, signal: AbortSignal) {
  const { query, pageToken } = feed
  const request = { order: orders[feed.order], query, pageSize, pageToken }
  const answer = await clients.movies.listMovies(request, { signal })
  const movies: Movie[] = []
  for (const details of answer.movies) {
    const movie = readMovie(details)
    if (!movie) continue
    board.set(movie.id, readMovieRating(details))
    movies.push(movie)
  }
  return { movies, nextPageToken: answer.nextPageToken }
}

const orders = {
  top: ListMoviesRequest_Order.TOP_RATED,
  title: ListMoviesRequest_Order.TITLE,
} as const
