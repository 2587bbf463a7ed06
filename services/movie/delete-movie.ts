import type { Caller, Sources } from './movie.ts'

/** Maximum number of calls of rating by one deletion. Each deletes many ratings. */
const deletionCallsMax = 20

export interface DeletionRequest {
  readonly movieId: string
  /** ETag of the version to delete. Empty for any. */
  readonly etag: string
  /** `true` to delete its ratings, too. Otherwise they stay, and return with the movie. */
  readonly deletesRatings: boolean
}

export interface Deletion {
  /** `false` when there was no such movie. */
  readonly deleted: boolean
  readonly deletedRatingCount: bigint
  readonly ratings: 'kept' | 'deleted' | 'left'
}

/** Thrown when a movie is deleted, but not all of its ratings. A repeated deletion continues. */
export class RatingsLeftError extends Error {
  override readonly name = 'RatingsLeftError'
  /** Number of ratings that were deleted before. */
  readonly deletedRatingCount: bigint

  constructor(deletedRatingCount: bigint, cause: unknown) {
    super('the movie is deleted, but not all of its ratings', { cause })
    this.deletedRatingCount = deletedRatingCount
  }
}

/**
 * Deletes a movie, then a bounded number of its ratings: in this order, no list shows a movie whose
 * ratings are partly deleted. Rejects with a RatingsLeftError when rating fails.
 */
export async function deleteMovie(
  { metadata, ratings }: Sources<unknown, unknown>,
  { movieId, etag, deletesRatings }: DeletionRequest,
  caller: Caller,
): Promise<Deletion> {
  const deleted = await metadata.delete(movieId, etag, caller)
  let deletedRatingCount = 0n
  if (!deletesRatings) return { deleted, deletedRatingCount, ratings: 'kept' }
  for (let calls = 0; calls < deletionCallsMax; calls++) {
    try {
      const { deletedCount, areLeft } = await ratings.deleteSome(movieId, caller)
      deletedRatingCount += deletedCount
      if (!areLeft) return { deleted, deletedRatingCount, ratings: 'deleted' }
    } catch (cause) {
      throw new RatingsLeftError(deletedRatingCount, cause)
    }
  }
  return { deleted, deletedRatingCount, ratings: 'left' }
}
