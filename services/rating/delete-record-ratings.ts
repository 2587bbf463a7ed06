import type { RecordRef } from './rating.ts'
import type { DeletedRatings, RatingStore } from './store/port.ts'

/** Limits of one call. */
export const deletionLimits = {
  /** Maximum number of ratings that one call deletes. */
  ratingsMax: 2_000,
  /** Maximum number of ratings that one write deletes. */
  writeSizeMax: 500,
}

/**
 * Deletes the ratings of a record in several writes, so that other writes run in between, up to a
 * maximum or until the signal is aborted. Each write that is done stays.
 */
export async function deleteRecordRatings(
  store: Pick<RatingStore, 'deleteRatings'>,
  record: RecordRef,
  signal: AbortSignal,
): Promise<DeletedRatings> {
  const { ratingsMax, writeSizeMax } = deletionLimits
  let deletedCount = 0
  for (let writes = 0; writes * writeSizeMax < ratingsMax; writes++) {
    signal.throwIfAborted()
    const deleted = await store.deleteRatings(record, writeSizeMax)
    deletedCount += deleted.deletedCount
    if (!deleted.areLeft) return { deletedCount, areLeft: false }
  }
  return { deletedCount, areLeft: true }
}
