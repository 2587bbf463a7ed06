import type { ComponentChildren } from 'preact'
import { Poster } from './poster/poster.tsx'

interface PlacardProps {
  /** What the poster says; it is not read aloud. */
  readonly poster: string
  readonly genre: string
  readonly children: ComponentChildren
}

/** A page with nothing to show still hangs a poster. */
export function Placard({ poster, genre, children }: PlacardProps) {
  const movie = {
    ...{ id: '', title: poster, description: '', director: '', releaseDate: '' },
    genres: [genre],
  }
  return (
    <div class="placard">
      <Poster movie={movie} />
      <div class="placard-text">{children}</div>
    </div>
  )
}
