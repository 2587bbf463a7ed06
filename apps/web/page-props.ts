import type { Signal } from '@preact/signals'
import type { Clients } from './clients.ts'
import type { MovieList } from './list/movie-list.ts'
import type { ConnectionState } from './live/connection.ts'
import type { RatingBoard } from './rating/board.ts'
import type { OwnRatings } from './rating/own-ratings.ts'
import type { Router } from './router.ts'

/** What every page is given. */
export interface PageProps {
  readonly clients: Clients
  readonly router: Router
  /**
   * Shown in the header. A page that watches a stream says here how it is doing; undefined when none
   * does.
   */
  readonly connection: Signal<ConnectionState | undefined>
  /** Says something to who listens rather than looks: a polite live region. */
  readonly announce: (text: string) => void
  readonly board: RatingBoard
  readonly ownRatings: OwnRatings
  /** Outlives the list page, so that going back finds the list where it was. */
  readonly list: MovieList
  /** Whether single keys do something (WCAG 2.1.4). */
  readonly singleKeys: Signal<boolean>
}
