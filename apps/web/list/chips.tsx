import { useLayoutEffect, useRef } from 'preact/hooks'
import { type Feed, sameList } from './feed.ts'
import { hasFilters, type ListView, listPath, withoutFilters } from './list-view.ts'

interface ChipsProps {
  readonly view: ListView
  readonly feed: Feed
}

/** The active filters, each with a link that removes it. */
export function Chips({ view, feed }: ChipsProps) {
  const chips = chipsOf(view)
  const { element, onRemove } = useFocusAfterRemoval(chips.length)
  const fallback = sameList(feed.view, view) && feed.movies.length > 0 ? feed.fallback : undefined
  const isEmpty = chips.length === 0 && !fallback
  // Stays, so that the last chip's removal is noticed.
  if (isEmpty) return <p class="chips" ref={element} hidden />
  return (
    <p class="chips" ref={element}>
      {fallback ? <span class="chip">Sorted by IMDb until there are ratings</span> : null}
      {chips.map(([text, without], index) => (
        <a
          key={text}
          class="chip"
          aria-label={`Remove the filter ${text}`}
          href={listPath({ ...view, ...without })}
          onClick={() => onRemove(index)}
        >
          {text} <span aria-hidden="true">×</span>
        </a>
      ))}
      {hasFilters(view) ? (
        <a
          class="chips-clear"
          href={listPath(withoutFilters(view))}
          onClick={() => onRemove(chips.length)}
        >
          Clear
        </a>
      ) : null}
    </p>
  )
}

/** Moves the focus from a removed chip to the one in its place, or the last, or to the filters. */
function useFocusAfterRemoval(chipCount: number) {
  const element = useRef<HTMLParagraphElement>(null)
  const removed = useRef<number>(undefined)
  useLayoutEffect(() => {
    const { current: index } = removed
    removed.current = undefined
    if (index === undefined) return
    const chips = [...(element.current?.querySelectorAll<HTMLElement>('a.chip') ?? [])]
    const filters = element.current?.previousElementSibling?.querySelector<HTMLElement>('select')
    ;(chips[index] ?? chips.at(-1) ?? filters)?.focus()
  }, [chipCount])
  const onRemove = (index: number) => {
    removed.current = index
  }
  return { element, onRemove }
}

type Chip = readonly [text: string, without: Partial<ListView>]

function chipsOf(view: ListView): Chip[] {
  const { genres, decade, director, from, meanMin, hidesRated, unrated } = view
  return [
    ...genres.map((genre): Chip => [genre, { genres: genres.filter((other) => other !== genre) }]),
    ...(decade === undefined ? [] : [[`${decade}s`, { decade: undefined }] as Chip]),
    ...(director ? [[`Directed by ${director}`, { director: undefined }] as Chip] : []),
    ...(from ? [[`Titles from ${from}`, { from: undefined }] as Chip] : []),
    ...(meanMin === undefined ? [] : [[`Rating ≥ ${meanMin}`, { meanMin: undefined }] as Chip]),
    ...(hidesRated ? [['Hide rated by me', { hidesRated: false }] as Chip] : []),
    ...(unrated ? [['Rated by nobody', { unrated: false }] as Chip] : []),
  ]
}
