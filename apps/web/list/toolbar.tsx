import { wholeNumber } from '../rating/aggregate.ts'
import { type Feed, sameList } from './feed.ts'
import { type ListView, listPath, sortName } from './list-view.ts'

interface ToolbarProps {
  readonly view: ListView
  readonly feed: Feed
  /** True while a request is in flight and the previous list is shown. */
  readonly busy: boolean
}

/** The title of the list, the number of its movies, and the choice of its layout. */
export function Toolbar({ view, feed, busy }: ToolbarProps) {
  const isCurrent = sameList(feed.view, view)
  return (
    <div class="toolbar">
      <h1 tabIndex={-1} class="toolbar-title">
        {view.query
          ? searchTitle(view.query, isCurrent ? feed.totalSize : undefined)
          : titleOf(view, feed)}
      </h1>
      <p class="toolbar-count">{isCurrent ? shownText(feed) : ''}</p>
      <nav class="segments" aria-label="Layout">
        {(['posters', 'table'] as const).map((layout) => (
          <a
            key={layout}
            href={listPath({ ...view, layout })}
            aria-current={view.layout === layout ? 'true' : undefined}
          >
            {layout === 'posters' ? 'Posters' : 'Compact'}
          </a>
        ))}
      </nav>
      <div class="progress" data-busy={busy ? '' : undefined} />
    </div>
  )
}

export function countText(count: number): string {
  return `${wholeNumber.format(count)} ${count === 1 ? 'movie' : 'movies'}`
}

/** The number of movies, and of those that are shown when those rated by the person are not. */
export function shownText({ view, movies, totalSize }: Feed): string {
  if (totalSize === undefined) return ''
  if (view.hidesRated) {
    return `${wholeNumber.format(movies.length)} shown of ${countText(totalSize)}`
  }
  // The title of a search has the number of its results.
  return view.query ? '' : countText(totalSize)
}

/** `6 results for “kubrick”`. */
export function searchTitle(query: string, count: number | undefined): string {
  if (count === undefined) return `Search for “${query}”`
  if (count === 0) return `No results for “${query}”`
  return `${wholeNumber.format(count)} ${count === 1 ? 'result' : 'results'} for “${query}”`
}

function titleOf(view: ListView, feed: Feed): string {
  if (feed.view.sort === view.sort && feed.fallback) return 'Popular movies'
  if (view.unrated) return 'Unrated movies'
  return view.director ? `Movies by ${view.director}` : sortName(view)
}
