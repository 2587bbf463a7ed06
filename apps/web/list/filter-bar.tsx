import type { PageProps } from '../page-props.ts'
import { Chips } from './chips.tsx'
import { FacetMenu } from './facet-menu.tsx'
import type { Feed } from './feed.ts'
import {
  isDescending,
  type ListView,
  listPath,
  type Sort,
  sortName,
  sortNames,
} from './list-view.ts'

interface FilterBarProps {
  readonly view: ListView
  readonly feed: Feed
  readonly page: PageProps
}

/** Orders that the menu offers: with the direction in which they are most useful. */
const choices: readonly (readonly [Sort, descending: boolean])[] = [
  ['top', true],
  ['count', true],
  ['year', true],
  ['year', false],
  ['title', false],
  ['imdb', true],
]

const means = [3, 3.5, 4, 4.5]

/** Order and filters of the list. All of it is in the URL. */
export function FilterBar({ view, feed, page }: FilterBarProps) {
  const ownCount = page.ownRatings.count.value
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
          <option value="">Any rating</option>
          {means.map((mean) => (
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
          Hide rated by me{ownCount > 0 ? ` (${ownCount})` : ''}
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
  const { sort, descending } = view
  const offered = choices.some(([one, down]) => one === sort && down === descending)
  const all = [
    ...(view.query ? [['relevance', true] as const] : []),
    ...choices,
    // The reverse of an order is there while it is chosen.
    ...(offered || sort === 'relevance' ? [] : [[sort, descending] as const]),
  ]
  const [down, up] = sortNames[sort]
  return (
    <>
      <select
        class="filter"
        aria-label="Sort"
        value={`${sort} ${descending}`}
        onChange={({ currentTarget: { value } }) => {
          const [name, isDown] = value.split(' ')
          show({ sort: name as Sort, descending: isDown === 'true' })
        }}
      >
        {all.map(([one, isDown]) => (
          <option key={`${one} ${isDown}`} value={`${one} ${isDown}`}>
            Sort: {sortName({ sort: one, descending: isDown })}
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
