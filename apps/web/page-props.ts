import type { ReadonlySignal, Signal } from '@preact/signals'
import type { Clients } from './clients.ts'
import type { Toasts } from './frame/toasts.tsx'
import type { MovieList } from './list/movie-list.ts'
import type { ConnectionState } from './live/connection.ts'
import type { OwnRatings } from './rating/own-ratings.ts'
import type { RatingCache } from './rating/rating-cache.ts'
import type { Router } from './router.ts'

/** Props of every page. */
export interface PageProps {
  readonly clients: Clients
  readonly router: Router
  /** State of the page's stream, shown in the header; undefined for a page without one. */
  readonly connection: Signal<ConnectionState | undefined>
  /** Announces a text to screen readers, by a polite live region. */
  readonly announce: (text: string) => void
  readonly ratingCache: RatingCache
  readonly ownRatings: OwnRatings
  /** Outlives the list page, so that going back restores the list. */
  readonly list: MovieList
  /** Reports what the person did, and offers to undo it. */
  readonly toasts: Toasts
  /** False until the first frame is painted, which what is beside the posters would delay. */
  readonly isPainted: ReadonlySignal<boolean>
  /** The switch of single-key shortcuts (WCAG 2.1.4). */
  readonly singleKeys: Signal<boolean>
}
