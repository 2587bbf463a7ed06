import type { Rating, RatingChange, RecordRef, WriteStamp } from '../rating.ts'
import { UnmetConditionError } from './change-batch.ts'
import type { EditOutcome, RatingStore, RevisionCondition } from './port.ts'
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

/** Outcome of a write. */
export interface Written {
  /** One value per change: `true` when it found a rating to replace or delete. */
  readonly found: readonly boolean[]
  /** `undefined` when nothing was written. */
  readonly stamp: WriteStamp | undefined
}

/** Records whose aggregate has changed, and the stamp of the write. */
export interface Saved extends Pick<Written, 'stamp'> {
  readonly changed: readonly RecordRef[]
}

/** @param condition Of each rating before the write, which otherwise throws an UnmetConditionError. */
export type Write = (
  changes: readonly RatingChange[],
  condition?: RevisionCondition,
) => Promise<Written>

/** Returns `put`, `edit` and the deletes. */
export function writesBy(
  write: Write,
  { ratingsOfRecord, ratingsOfUser }: RatingLists,
): Pick<RatingStore, 'put' | 'edit' | 'delete' | 'deleteRatings' | 'deleteRatingsOfUser'> {
  /** Deletes ratings, and returns those that were still there. */
  async function remove(ratings: readonly Rating[]): Promise<Rating[]> {
    const { found } = await write(
      ratings.map(({ recordType, recordId, userId }) => {
        return { recordType, recordId, userId, kind: 'delete' }
      }),
    )
    return ratings.filter((_, index) => found[index])
  }

  return {
    async put(ratings) {
      const { found } = await write(ratings.map((rating) => ({ ...rating, kind: 'put' })))
      return found.map((replaced) => (replaced ? 'replaced' : 'created'))
    },
    async edit(change, isMet): Promise<EditOutcome> {
      try {
        const { stamp } = await write([change], isMet)
        return { kind: 'met', stamp }
      } catch (error) {
        if (error instanceof UnmetConditionError) return { kind: 'unmet', revision: error.revision }
        throw error
      }
    },
    async delete(record, userId) {
      const { found } = await write([{ ...record, userId, kind: 'delete' }])
      return found[0] === true
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
