import type { ComponentChildren } from 'preact'
import { Poster } from './poster/poster.tsx'

interface EmptyStateProps {
  /** Title of the poster, hidden from screen readers. */
  readonly poster: string
  readonly genre: string
  readonly children: ComponentChildren
}

/** A poster and a text, for a page with nothing to show. */
export function EmptyState({ poster, genre, children }: EmptyStateProps) {
  const movie = {
    ...{ id: '', title: poster, description: '', director: '', releaseDate: '' },
    genres: [genre],
  }
  return (
    <div class="empty-state">
      <Poster movie={movie} />
      <div class="empty-state-text">{children}</div>
    </div>
  )
}
