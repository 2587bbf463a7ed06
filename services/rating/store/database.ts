import type { Outbox } from './outbox.ts'
import type { ChangeSink, RatingStore } from './port.ts'

/** Everything that a database of ratings can do. */
export interface RatingDatabase extends RatingStore, ChangeSink {
  readonly outbox: Outbox
}
