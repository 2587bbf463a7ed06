import type { Outbox } from './outbox.ts'
import type { ChangeSink, RatingStore } from './port.ts'
import type { Restore } from './restore.ts'

/** Everything that a database of ratings can do. */
export interface RatingDatabase extends RatingStore, ChangeSink {
  readonly outbox: Outbox
  readonly restore: Restore
}
