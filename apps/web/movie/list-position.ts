import type { Movie } from '../catalogue/movie.ts'
import { shownView } from '../list/feed.ts'
import { hasFilters, type ListView, listPath, sortName } from '../list/list-view.ts'
import type { MovieList } from '../list/movie-list.ts'

/** The place of a movie in the list that is loaded. */
export interface ListPosition {
  /** `Top rated (no. 3)`. */
  readonly text: string
  /** Path of the list. */
  readonly path: string
  /** Rank among all rated movies. Undefined when another list is loaded. */
  readonly rank: number | undefined
  readonly previous: Movie | undefined
  readonly next: Movie | undefined
}

/** Returns undefined when the loaded list has no such movie. */
export function positionOf(
  { state }: Pick<MovieList, 'state'>,
  movieId: string,
): ListPosition | undefined {
  const { feed } = state.peek()
  const index = feed.movies.findIndex(({ id }) => id === movieId)
  if (index < 0) return undefined
  const view = shownView(feed)
  const name = view.query ? `Search for “${view.query}”` : sortName(view)
  return {
    text: `${name} (no. ${index + 1})`,
    path: listPath(feed.view),
    rank: isTopList(view) ? index + 1 : undefined,
    previous: feed.movies[index - 1],
    next: feed.movies[index + 1],
  }
}

function isTopList(view: ListView): boolean {
  return (
    view.sort === 'top' && view.descending && !view.period && view.query === '' && !hasFilters(view)
  )
}
