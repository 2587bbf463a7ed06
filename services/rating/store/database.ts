import type { Outbox } from './outbox.ts'
import type { ChangeSink, RatingStore } from './port.ts'
import type { Restore } from './restore.ts'

/** Everything that a database of ratings can do. */
export interface RatingDatabase extends RatingStore, ChangeSink {
  readonly outbox: Outbox
  readonly restore: Restore

  /**
   * Removes the bytes of rows that were deleted before the call from the files of the database,
   * where it has files of its own. May take a second for some hundred megabytes. Writes wait
   * meanwhile.
   */
  purge(): Promise<void>
}
