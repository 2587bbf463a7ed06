import type { Movie } from '../catalogue/movie.ts'
import { shownView } from '../list/feed.ts'
import { listPath, sortName } from '../list/list-view.ts'
import type { MovieList } from '../list/movie-list.ts'

/** The place of a movie in the list that is loaded. */
export interface ListPosition {
  /** `Top rated (no. 3)`. */
  readonly text: string
  /** Path of the list. */
  readonly path: string
  readonly previous: Movie | undefined
  readonly next: Movie | undefined
}

/** Returns undefined when the loaded list has no such movie. */
export function positionOf({ state }: MovieList, movieId: string): ListPosition | undefined {
  const { feed } = state.peek()
  const index = feed.movies.findIndex(({ id }) => id === movieId)
  if (index < 0) return undefined
  const view = shownView(feed)
  const name = view.query ? `Search for “${view.query}”` : sortName(view)
  return {
    text: `${name} (no. ${index + 1})`,
    path: listPath(feed.view),
    previous: feed.movies[index - 1],
    next: feed.movies[index + 1],
  }
}
