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

/** Returns `put` and `delete`. `write` returns for each change whether it found a rating. */
export function writesBy(
  write: (changes: readonly RatingChange[]) => Promise<readonly boolean[]>,
): Pick<RatingStore, 'put' | 'delete'> {
  return {
    async put(ratings) {
      const found = await write(ratings.map((rating) => ({ ...rating, kind: 'put' })))
      return found.map((replaced) => (replaced ? 'replaced' : 'created'))
    },
    async delete(record, userId) {
      const [deleted] = await write([{ ...record, userId, kind: 'delete' }])
      return deleted === true
    },
  }
}
