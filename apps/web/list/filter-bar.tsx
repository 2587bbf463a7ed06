import type { PageProps } from '../page-props.ts'
import { Chips } from './chips.tsx'
import { FacetMenu } from './facet-menu.tsx'
import type { Feed } from './feed.ts'
import {
  isDescending,
  type ListView,
  listPath,
  namesOf,
  type Order,
  sortName,
} from './list-view.ts'

interface FilterBarProps {
  readonly view: ListView
  readonly feed: Feed
  readonly page: PageProps
}

/** Orders that the menu offers: with the direction in which they are most useful. */
const choices: readonly Order[] = [
  order('top', true),
  order('top', true, 'week'),
  order('top', true, 'month'),
  order('count', true),
  order('year', true),
  order('year', false),
  order('title', false),
  order('imdb', true),
]

function order(sort: Order['sort'], descending: boolean, period?: Order['period']): Order {
  return { sort, descending, period }
}

/** Names an order among the choices. */
function keyOf({ sort, descending, period = undefined }: Order): string {
  return [sort, descending, period].join(' ')
}

const means = [3, 3.5, 4, 4.5]

/** Order and filters of the list. All of it is in the URL. */
export function FilterBar({ view, feed, page }: FilterBarProps) {
  const show = (change: Partial<ListView>) => page.router.navigate(listPath({ ...view, ...change }))
  return (
    <>
      {/* Scrolls on a narrow page. */}
      <fieldset class="filters">
        <legend class="visually-hidden">Order and filters</legend>
        <SortMenu view={view} show={show} />
        <FacetMenu kind="genres" {...{ view, page, show }} />
        <FacetMenu kind="decades" {...{ view, page, show }} />
        <select
          class="filter"
          aria-label="Lowest rating"
          data-on={view.meanMin === undefined ? undefined : ''}
          value={view.meanMin ?? ''}
          onChange={({ currentTarget: { value } }) =>
            show({ meanMin: value === '' ? undefined : Number(value) })
          }
        >
          <option value="">Min. rating</option>
          {[...new Set([...means, view.meanMin ?? 3])].toSorted().map((mean) => (
            <option key={mean} value={mean}>
              Rating ≥ {mean}
            </option>
          ))}
        </select>
        <label class="filter filter-check">
          <input
            type="checkbox"
            checked={view.hidesRated}
            onChange={({ currentTarget: { checked } }) =>
              show({ hidesRated: checked, unrated: false })
            }
          />
          Hide rated by me
        </label>
      </fieldset>
      <Chips view={view} feed={feed} />
    </>
  )
}

interface SortMenuProps {
  readonly view: ListView
  readonly show: (change: Partial<ListView>) => void
}

function SortMenu({ view, show }: SortMenuProps) {
  const { sort, descending, period } = view
  const current = order(sort, descending, period)
  const offered = [...(view.query ? [order('relevance', true)] : []), ...choices]
  const isOffered = offered.some((one) => keyOf(one) === keyOf(current))
  // The reverse of an order is there while it is chosen.
  const all = isOffered || sort === 'relevance' ? offered : [...offered, current]
  const [down, up] = namesOf(view)
  return (
    <>
      <select
        class="filter"
        aria-label="Sort"
        value={keyOf(current)}
        onChange={({ currentTarget: { value } }) => {
          const chosen = all.find((one) => keyOf(one) === value)
          if (chosen) show(chosen)
        }}
      >
        {all.map((one) => (
          <option key={keyOf(one)} value={keyOf(one)}>
            Sort: {sortName(one)}
          </option>
        ))}
      </select>
      {sort === 'relevance' ? null : (
        <button
          type="button"
          class="filter filter-direction"
          aria-label={`Direction: ${descending ? down : up}. Switch to ${descending ? up : down}`}
          data-on={descending === isDescending(sort) ? undefined : ''}
          onClick={() => show({ descending: !descending })}
        >
          {descending ? '↓' : '↑'}
        </button>
      )}
    </>
  )
}
