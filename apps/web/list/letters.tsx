import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { createLatestOnly } from '../live/latest-only.ts'
import type { PageProps } from '../page-props.ts'
import { firstLetter, letters } from './first-letter.ts'
import { type ListView, listPath } from './list-view.ts'
import { loadFacets } from './load-facets.ts'
import { typingMs } from './movie-list.ts'

/**
 * Links to the letters of a list by title. One without movies is a disabled link. The letter of the
 * first title in view is marked.
 */
export function Letters({ view, page }: { view: ListView; page: PageProps }) {
  const rail = useRef<HTMLElement>(null)
  const inView = useLetterInView(rail, view.from)
  const present = useLettersWithMovies(page, view)
  useLayoutEffect(() => {
    const current = rail.current?.querySelector<HTMLElement>('[aria-current]')
    // A narrow rail scrolls; the page stays where it is.
    if (current && rail.current) {
      const { offsetLeft, offsetWidth } = current
      rail.current.scrollLeft = offsetLeft + offsetWidth / 2 - rail.current.clientWidth / 2
    }
  }, [inView, view.descending])
  const shown = view.descending ? letters.toReversed() : letters
  return (
    <nav class="letters-rail" aria-label="Titles from" ref={rail}>
      {shown.map((letter) => (
        <a
          key={letter}
          {...(present?.includes(letter) === false
            ? { role: 'link', 'aria-disabled': true }
            : { href: listPath({ ...view, from: letter }) })}
          aria-current={inView === letter ? 'true' : undefined}
        >
          {letter}
        </a>
      ))}
    </nav>
  )
}

/** The letters of the whole list that have movies. Undefined while they are unknown. */
function useLettersWithMovies(page: PageProps, view: ListView): readonly string[] | undefined {
  const present = useSignal<readonly string[] | undefined>(undefined)
  const latestOnly = useMemo(createLatestOnly, [])
  const whole = { ...view, from: undefined }
  useEffect(() => {
    const load = async () => {
      const facets = await latestOnly.run(() => loadFacets(page, whole), typingMs)
      if (!facets) return
      const found = facets.ok ? facets.value?.letters.map(({ letter }) => letter) : undefined
      // None: a service of an earlier version does not count them.
      present.value = found?.length ? found : undefined
    }
    void load()
  }, [listPath({ ...whole, descending: false, layout: 'posters' })])
  return present.value
}

/** The letter of the first title below the rail, also while the list scrolls. */
function useLetterInView(
  rail: { readonly current: HTMLElement | null },
  from: string | undefined,
): string | undefined {
  const letter = useSignal(from)
  useEffect(() => {
    letter.value = from
    let frame = 0
    const read = () => {
      frame = 0
      const title = titleBelow(rail.current)
      if (title !== undefined) letter.value = firstLetter(title)
    }
    const readSoon = () => {
      frame ||= requestAnimationFrame(read)
    }
    addEventListener('scroll', readSoon, { passive: true })
    return () => {
      removeEventListener('scroll', readSoon)
      cancelAnimationFrame(frame)
    }
  }, [from])
  return letter.value
}

/** Distance from the rail to a point of the first card, or of a row of the table, below it, in pixels. */
const belowPx = 84

/** Returns the title of the card or row below the rail; undefined while none is rendered there. */
function titleBelow(rail: HTMLElement | null): string | undefined {
  const list = document.querySelector('.list')?.getBoundingClientRect()
  if (!rail || !list) return undefined
  const at = document.elementFromPoint(list.left + 8, rail.getBoundingClientRect().bottom + belowPx)
  return at?.closest('.card, tr')?.querySelector('.card-link')?.textContent ?? undefined
}
