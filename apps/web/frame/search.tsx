import type { ReadonlySignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { isDescending, type ListView, listPath, queryLengthMax } from '../list/list-view.ts'
import type { MovieList } from '../list/movie-list.ts'
import { moviePath, type Route } from '../route.ts'
import type { Router } from '../router.ts'
import { useCommandKey, useSingleKeys } from '../shortcuts.ts'

interface SearchProps {
  readonly route: Route
  readonly router: Router
  readonly list: MovieList
  readonly singleKeys: ReadonlySignal<boolean>
}

/**
 * The search field. Typing opens the list and changes its URL at once; the request follows when
 * typing pauses.
 */
export function Search({ route, router, list, singleKeys }: SearchProps) {
  const input = useRef<HTMLInputElement>(null)
  const query = route.page === 'list' ? route.view.query : ''
  const select = (event: KeyboardEvent) => {
    event.preventDefault()
    input.current?.select()
  }
  useSingleKeys(singleKeys, (event) => {
    if (event.key === '/') select(event)
  })
  useCommandKey('k', select)
  const type = (text: string) => {
    const view = route.page === 'list' ? route.view : {}
    router.navigate(listPath({ ...view, query: text, ...orderOf(text, view) }), {
      replace: route.page === 'list',
    })
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && query) type('')
    if (event.key === 'ArrowDown' && focusFirstMovie()) event.preventDefault()
    if (event.key !== 'Enter' || event.isComposing || !query) return
    event.preventDefault()
    void list.first().then((movie) => movie && router.navigate(moviePath(movie.id)))
  }
  return (
    <search class="search" data-query={query ? '' : undefined}>
      <svg class="search-icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <circle class="icon-line" cx="8.5" cy="8.5" r="5.5" />
        <path class="icon-line" d="m13 13 4.500 4.500" />
      </svg>
      <input
        ref={input}
        class="search-input"
        type="search"
        aria-label="Search by title or director"
        aria-keyshortcuts="/ Control+K"
        placeholder="Title, director or year"
        autocomplete="off"
        enterkeyhint="search"
        spellcheck={false}
        maxLength={queryLengthMax}
        value={query}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={press}
      />
      {query ? (
        <button
          type="button"
          class="search-clear"
          aria-label="Clear the search"
          onClick={() => {
            type('')
            input.current?.focus()
          }}
        >
          ×
        </button>
      ) : null}
      {singleKeys.value && !query ? (
        <span class="kbd search-key" aria-hidden="true">
          /
        </span>
      ) : null}
    </search>
  )
}

/** The order after typing: a new search is by relevance, and a cleared one no longer. */
function orderOf(text: string, { query = '', sort }: Partial<ListView>): Partial<ListView> {
  if (text !== '' && query === '') return { sort: 'relevance', descending: true }
  if (text === '' && sort === 'relevance') return { sort: 'top', descending: isDescending('top') }
  return {}
}

/** Returns false when there is none. */
function focusFirstMovie(): boolean {
  const link = document.querySelector<HTMLElement>('.list .card-link')
  link?.focus()
  return link !== null
}
