import type { Signal } from '@preact/signals'
import type { Clients } from './clients.ts'
import type { ConnectionState } from './live/connection.ts'
import type { Router } from './router.ts'

/** What every page is given. */
export interface PageProps {
  readonly clients: Clients
  readonly router: Router
  /** Shown in the header. A page that watches a stream says here how it is doing; undefined when none does. */
  readonly connection: Signal<ConnectionState | undefined>
  /** Says something to who listens rather than looks: a polite live region. */
  readonly announce: (text: string) => void
}
