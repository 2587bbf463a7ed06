import { EmptyState } from '../empty-state.tsx'
import type { Feed } from './feed.ts'
import { allMovies, hasFilters, type ListView, listPath, withoutFilters } from './list-view.ts'
import { periodNames } from './period.ts'
import { hasWords } from './similar-words.ts'

/** Lists that have movies, whatever the catalogue is. */
const suggestions = [
  ['Top rated', listPath(allMovies)],
  ['Newest', listPath({ ...allMovies, sort: 'year' })],
  ['Movies by IMDb votes', listPath({ ...allMovies, sort: 'imdb' })],
] as const

export function NoMovies({ feed: { view, totalSize } }: { feed: Feed }) {
  const isFiltered = hasFilters(view)
  const { period } = view
  if (!view.query && !isFiltered && !period) {
    return <p class="list-empty">The catalogue has no movies yet.</p>
  }
  return (
    <EmptyState poster="Nothing found" genre="Mystery">
      <p class="list-empty">
        {view.query ? (
          <>
            No movie matches <q>{view.query}</q>
            {isFiltered ? ' with these filters' : ''}
            {period ? ` and was rated ${periodNames[period].when}` : ''}.
          </>
        ) : (
          reasonOf(view, totalSize)
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
        {suggestionsFor(view).map(([text, path]) => (
          <li key={path}>
            <a href={path}>{text}</a>
          </li>
        ))}
      </ul>
    </EmptyState>
  )
}

/** After a week without ratings, the month may have some. */
function suggestionsFor({ period }: ListView): readonly (readonly [string, string])[] {
  if (period !== 'week') return suggestions
  return [['Top this month', listPath({ ...allMovies, period: 'month' })], ...suggestions]
}

function reasonOf(view: ListView, totalSize: number | undefined): string {
  if (totalSize) return 'You have rated all of these movies.'
  if (!view.period) return 'No movie matches all of these filters.'
  const { when } = periodNames[view.period]
  return hasFilters(view) ? `No movie with these filters was rated ${when}.` : `No ratings ${when}.`
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
  const hasUnrated =
    !fallback && !view.unrated && !view.period && (view.sort === 'top' || view.sort === 'count')
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
