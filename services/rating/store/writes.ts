import type { RatingChange, RecordRef } from '../rating.ts'
import type { RatingStore } from './port.ts'

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

/**
 * Returns `put` and the deletes. `write` returns for each change whether it found a rating, and
 * `usersOf` at most `limit` users who have rated a record.
 */
export function writesBy(
  write: (changes: readonly RatingChange[]) => Promise<readonly boolean[]>,
  usersOf: (record: RecordRef, limit: number) => Promise<readonly string[]>,
): Pick<RatingStore, 'put' | 'delete' | 'deleteRatings'> {
  return {
    async put(ratings) {
      const found = await write(ratings.map((rating) => ({ ...rating, kind: 'put' })))
      return found.map((replaced) => (replaced ? 'replaced' : 'created'))
    },
    async delete(record, userId) {
      const [deleted] = await write([{ ...record, userId, kind: 'delete' }])
      return deleted === true
    },
    async deleteRatings({ recordType, recordId }, limit) {
      const record = { recordType, recordId }
      const userIds = await usersOf(record, limit + 1)
      const gone = userIds.slice(0, limit)
      const found = await write(gone.map((userId) => ({ ...record, userId, kind: 'delete' })))
      return { deletedCount: found.filter(Boolean).length, areLeft: userIds.length > limit }
    },
  }
}
