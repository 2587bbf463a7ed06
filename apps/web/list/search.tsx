import type { ReadonlySignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { type ListOrder, listPath } from '../route.ts'
import type { Router } from '../router.ts'
import { useSingleKeys } from '../single-keys.ts'

const queryLengthMax = 200

interface SearchProps {
  readonly query: string
  readonly order: ListOrder
  readonly router: Router
  readonly singleKeys: ReadonlySignal<boolean>
}

/** The search field. Typing changes the URL at once; the request follows when typing pauses. */
export function Search({ query, order, router, singleKeys }: SearchProps) {
  const input = useRef<HTMLInputElement>(null)
  useSingleKeys(singleKeys, (event) => {
    if (event.key !== '/') return
    event.preventDefault()
    input.current?.select()
  })
  const type = (text: string) => router.navigate(listPath(text, order), { replace: true })
  return (
    <search class="search">
      <svg class="search-icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <circle class="icon-line" cx="8.5" cy="8.5" r="5.5" />
        <path class="icon-line" d="m13 13 4.500 4.500" />
      </svg>
      <input
        ref={input}
        class="search-input"
        type="search"
        aria-label="Search by title or director"
        aria-keyshortcuts="/"
        placeholder="Title or director"
        autocomplete="off"
        spellcheck={false}
        maxLength={queryLengthMax}
        value={query}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && query) type('')
        }}
      />
      {singleKeys.value && !query ? (
        <span class="kbd search-key" aria-hidden="true">
          /
        </span>
      ) : null}
    </search>
  )
}
