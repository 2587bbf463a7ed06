import { type ListView, listPath } from './list-view.ts'

const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')

/** Links to the letters of a list by title. */
export function Letters({ view }: { view: ListView }) {
  const shown = view.descending ? letters.toReversed() : letters
  return (
    <nav class="letters-rail" aria-label="Titles from">
      {shown.map((letter) => (
        <a
          key={letter}
          href={listPath({ ...view, from: letter })}
          aria-current={view.from === letter ? 'true' : undefined}
        >
          {letter}
        </a>
      ))}
    </nav>
  )
}
