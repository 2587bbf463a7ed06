import { useEffect, useRef, useState } from 'preact/hooks'
import { markText, showMatch, unmarkText } from './json-colors.ts'

/** The places of a text in the messages, one of which is the current one. */
export interface Matches {
  readonly count: number
  /** Number of the current one, from 1; 0 for none. */
  readonly current: number
  /** Goes to another one, from the last to the first. */
  readonly move: (by: 1 | -1) => void
}

/**
 * Marks the text in the messages within the element.
 * @param version Another value when other messages are shown.
 */
export function useMatches(search: string, version: unknown) {
  const element = useRef<HTMLDivElement>(null)
  const [ranges, setRanges] = useState<readonly Range[]>([])
  const [current, setCurrent] = useState(0)
  useEffect(() => setCurrent(0), [search])
  useEffect(() => {
    const texts = [...(element.current?.querySelectorAll('.json') ?? [])]
    const found = texts.flatMap((text) => markText(text, search))
    setRanges(found)
    return () => unmarkText(found)
  }, [search, version])
  const move = (by: 1 | -1) => {
    const { length } = ranges
    const next = current === 0 && by < 0 ? length : ((current + by - 1 + length) % length) + 1
    const range = ranges[next - 1]
    if (!range) return
    setCurrent(next)
    showMatch(range)
  }
  const matches: Matches = { count: ranges.length, current: Math.min(current, ranges.length), move }
  return { element, matches }
}

interface SearchFieldProps {
  readonly search: string
  readonly setSearch: (search: string) => void
  readonly matches: Matches
}

/** A search within the response. Enter goes to the next match, with Shift to the one before. */
export function SearchField({ search, setSearch, matches }: SearchFieldProps) {
  const { count, current, move } = matches
  return (
    <>
      <input
        class="input"
        type="search"
        aria-label="Search the response"
        placeholder="Search"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          move(event.shiftKey ? -1 : 1)
        }}
      />
      {search !== '' && count > 0 ? (
        <>
          <span class="match-count" role="status">
            {current > 0 ? `${current} of ${count}` : `${count} found`}
          </span>
          <button
            type="button"
            class="small-button"
            aria-label="Previous match"
            onClick={() => move(-1)}
          >
            ↑
          </button>
          <button
            type="button"
            class="small-button"
            aria-label="Next match"
            onClick={() => move(1)}
          >
            ↓
          </button>
        </>
      ) : null}
    </>
  )
}
