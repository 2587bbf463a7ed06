import { type Feed, sameList } from './feed.ts'
import { hasFilters, type ListView, listPath, withoutFilters } from './list-view.ts'

interface ChipsProps {
  readonly view: ListView
  readonly feed: Feed
}

/** The active filters, each with a link that removes it. */
export function Chips({ view, feed }: ChipsProps) {
  const chips = chipsOf(view)
  const fallback = sameList(feed.view, view) ? feed.fallback : undefined
  if (chips.length === 0 && !fallback) return null
  return (
    <p class="chips">
      {fallback ? <span class="chip">Sorted by IMDb until there are ratings</span> : null}
      {chips.map(([text, without]) => (
        <a
          key={text}
          class="chip"
          aria-label={`Remove the filter ${text}`}
          href={listPath({ ...view, ...without })}
        >
          {text} <span aria-hidden="true">×</span>
        </a>
      ))}
      {hasFilters(view) ? (
        <a class="chips-clear" href={listPath(withoutFilters(view))}>
          Clear
        </a>
      ) : null}
    </p>
  )
}

type Chip = readonly [text: string, without: Partial<ListView>]

function chipsOf(view: ListView): Chip[] {
  const { genres, decade, director, meanMin, hidesRated, unrated } = view
  return [
    ...genres.map((genre): Chip => [genre, { genres: genres.filter((other) => other !== genre) }]),
    ...(decade === undefined ? [] : [[`${decade}s`, { decade: undefined }] as Chip]),
    ...(director ? [[`Directed by ${director}`, { director: undefined }] as Chip] : []),
    ...(meanMin === undefined ? [] : [[`Rating ≥ ${meanMin}`, { meanMin: undefined }] as Chip]),
    ...(hidesRated ? [['Not rated by me', { hidesRated: false }] as Chip] : []),
    ...(unrated ? [['Rated by nobody', { unrated: false }] as Chip] : []),
  ]
}
