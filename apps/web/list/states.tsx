import { EmptyState } from '../empty-state.tsx'
import { Failure } from '../failure.tsx'
import type { Feed } from './feed.ts'
import { allMovies, hasFilters, listPath, withoutFilters } from './list-view.ts'
import { hasWords } from './similar-words.ts'

export function ListUnavailable({ isEmpty, retry }: { isEmpty: boolean; retry: () => void }) {
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

/** Lists that have movies, whatever the catalogue is. */
const suggestions = [
  ['Top rated', listPath(allMovies)],
  ['Newest', listPath({ ...allMovies, sort: 'year' })],
  ['Movies by IMDb votes', listPath({ ...allMovies, sort: 'imdb' })],
] as const

export function NoMovies({ feed: { view, totalSize } }: { feed: Feed }) {
  const isFiltered = hasFilters(view)
  if (!view.query && !isFiltered) return <p class="list-empty">The catalogue has no movies yet.</p>
  return (
    <EmptyState poster="Nothing found" genre="Mystery">
      <p class="list-empty">
        {view.query ? (
          <>
            No movie matches <q>{view.query}</q>
            {isFiltered ? ' with these filters' : ''}.
          </>
        ) : (
          reasonOf(totalSize)
        )}
      </p>
      {isFiltered ? (
        <p>
          <a class="button button-link" href={listPath(withoutFilters(view))}>
            Clear filters
          </a>
        </p>
      ) : null}
      <p>Try one of these:</p>
      <ul class="suggestions">
        {suggestions.map(([text, path]) => (
          <li key={path}>
            <a href={path}>{text}</a>
          </li>
        ))}
      </ul>
    </EmptyState>
  )
}

function reasonOf(totalSize: number | undefined): string {
  return totalSize ? 'You have rated all of these movies.' : 'No movie has all of these filters.'
}

/** A note that a search found other words than its own. */
export function SimilarWords({ feed: { view, movies } }: { feed: Feed }) {
  const [first] = movies
  if (!view.query || !first || hasWords(view.query, first)) return null
  return (
    <p class="similar-words">
      No exact match. Did you mean{' '}
      <a href={listPath({ ...view, query: first.title })}>“{first.title}”</a>?
    </p>
  )
}

/** The end of a list; under the top list, a way to the movies that are not in it. */
export function ListEnd({ feed: { view, fallback } }: { feed: Feed }) {
  const hasUnrated = !fallback && !view.unrated && (view.sort === 'top' || view.sort === 'count')
  return (
    <p class="list-finished">
      You've reached the end.{' '}
      {hasUnrated ? (
        <a
          href={listPath({
            ...view,
            sort: 'imdb',
            descending: true,
            meanMin: undefined,
            unrated: true,
          })}
        >
          Browse unrated
        </a>
      ) : null}
    </p>
  )
}
