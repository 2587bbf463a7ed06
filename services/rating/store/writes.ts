import type { Rating, RatingChange, RecordRef } from '../rating.ts'
import type { RatingStore } from './port.ts'
import type { RatingLists } from './rating-lists.ts'

/** Creates the listeners of a store, with its method `onChange`. */
export function createChangeListeners() {
  const listeners = new Set<(records: readonly RecordRef[]) => void>()
  return {
    notify(changed: readonly RecordRef[]): void {
      if (changed.length > 0) for (const listener of listeners) listener(changed)
    },
    onChange(listener: (records: readonly RecordRef[]) => void): () => void {
      const call = (changed: readonly RecordRef[]) => listener(changed)
      listeners.add(call)
      return () => listeners.delete(call)
    },
  }
}

/** Returns `put` and the deletes. `write` returns for each change whether it found a rating. */
export function writesBy(
  write: (changes: readonly RatingChange[]) => Promise<readonly boolean[]>,
  { ratingsOfRecord, ratingsOfUser }: RatingLists,
): Pick<RatingStore, 'put' | 'delete' | 'deleteRatings' | 'deleteRatingsOfUser'> {
  /** Deletes ratings, and returns those that were still there. */
  async function remove(ratings: readonly Rating[]): Promise<Rating[]> {
    const found = await write(
      ratings.map(({ recordType, recordId, userId }) => {
        return { recordType, recordId, userId, kind: 'delete' }
      }),
    )
    return ratings.filter((_, index) => found[index])
  }

  return {
    async put(ratings) {
      const found = await write(ratings.map((rating) => ({ ...rating, kind: 'put' })))
      return found.map((replaced) => (replaced ? 'replaced' : 'created'))
    },
    async delete(record, userId) {
      const [deleted] = await write([{ ...record, userId, kind: 'delete' }])
      return deleted === true
    },
    async deleteRatings(record, limit) {
      const { ratings, next } = await ratingsOfRecord(record, { limit })
      return { deletedCount: (await remove(ratings)).length, areLeft: next !== undefined }
    },
    async deleteRatingsOfUser(userId, limit) {
      const { ratings, next } = await ratingsOfUser(userId, { limit })
      return { deleted: await remove(ratings), areLeft: next !== undefined }
    },
  }
}
