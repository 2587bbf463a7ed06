import { useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'
import type { PageProps } from '../page-props.ts'
import { loadErrorText } from '../rpc-error.ts'
import { isUnranked, unrankedText } from './list-error.tsx'
import type { ListView } from './list-view.ts'
import { type ListedFacets, loadFacets } from './load-facets.ts'

interface FacetMenuProps {
  readonly kind: 'genres' | 'decades'
  readonly view: ListView
  readonly page: PageProps
  readonly show: (change: Partial<ListView>) => void
}

interface Option {
  readonly name: string
  readonly count: number
  readonly isChosen: boolean
  /** The view after a click. */
  readonly change: Partial<ListView>
}

/** Space between the button, the menu, and the edges of the window, in pixels. */
const gapPx = 8

/** A menu of genres or decades, with the number of movies that each of them leaves. */
export function FacetMenu({ kind, view, page, show }: FacetMenuProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const facets = useSignal<ListedFacets | undefined>(undefined)
  const load = async () => {
    facets.value = undefined
    // Without its own filter, because the menu is there to choose another one.
    const others = { ...view, ...(kind === 'genres' ? { genres: [] } : { decade: undefined }) }
    facets.value = await loadFacets(page, others)
  }
  const error = facets.value?.ok === false ? facets.value.error : undefined
  const chosen = kind === 'genres' ? view.genres.length : view.decade === undefined ? 0 : 1
  const name = kind === 'genres' ? 'Genre' : 'Decade'
  return (
    <>
      <button
        ref={button}
        type="button"
        class="filter filter-menu"
        popovertarget={id}
        data-on={chosen > 0 ? '' : undefined}
      >
        {chosen > 0 ? `${name} (${chosen})` : name}
      </button>
      <fieldset
        id={id}
        popover="auto"
        class="facets"
        aria-label={name}
        onToggle={(event) => {
          if (event.newState === 'open') void load()
        }}
        onBeforeToggle={(event) => place(event.currentTarget, button.current)}
      >
        {facets.value === undefined ? <p>Loading…</p> : null}
        {error ? <p>{isUnranked(error) ? unrankedText : loadErrorText(error, 'movie')}</p> : null}
        {optionsOf(facets.value, kind, view).map((option) => (
          <label key={option.name} class="facet">
            <input type="checkbox" checked={option.isChosen} onChange={() => show(option.change)} />
            <span>{option.name}</span>
            <span class="facet-count">{option.count}</span>
          </label>
        ))}
      </fieldset>
    </>
  )
}

/** Places the menu below its button, inside of the window. */
function place(menu: HTMLElement, button: HTMLElement | null): void {
  const { left = 0, bottom = 0 } = button?.getBoundingClientRect() ?? {}
  const width = 15 * 16
  // A narrow page ignores it: there, the menu is as wide as the page.
  menu.style.setProperty(
    '--left',
    `${Math.max(gapPx, Math.min(left, innerWidth - width - gapPx))}px`,
  )
  menu.style.top = `${bottom + gapPx}px`
  menu.style.maxHeight = `${innerHeight - bottom - 2 * gapPx}px`
}

function optionsOf(
  facets: ListedFacets | undefined,
  kind: FacetMenuProps['kind'],
  view: ListView,
): Option[] {
  if (!facets?.ok || !facets.value) return []
  const { decades, genres: counts } = facets.value
  if (kind === 'decades') {
    return decades
      .toSorted((one, other) => other.firstYear - one.firstYear)
      .map(({ firstYear, count }) => {
        const isChosen = view.decade === firstYear
        const change = { decade: isChosen ? undefined : firstYear }
        return { name: `${firstYear}s`, count, isChosen, change }
      })
  }
  return counts.map(({ genre, count }) => {
    const isChosen = view.genres.includes(genre)
    const genres = isChosen
      ? view.genres.filter((other) => other !== genre)
      : [...view.genres, genre]
    return { name: genre, count, isChosen, change: { genres } }
  })
}
