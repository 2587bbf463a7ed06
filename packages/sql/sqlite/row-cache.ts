import type { DatabaseSync } from 'node:sqlite'
import { read, snapshotOf } from './sqlite.ts'

/** What was made of rows that were read before. */
export interface RowCache<Value extends object> {
  /** The value under the key; asks for it when it is not known, or when a row may have changed since. */
  get(key: string, load: () => Value | undefined): Value | undefined
  /** Forgets all: call it when this connection has written. */
  clear(): void
}

/**
 * Keeps values until another connection, or whoever clears it, has written: SQLite counts the writes of others
 * (https://sqlite.org/pragma.html#pragma_data_version), and is asked once for all reads of a turn.
 * @param countMax how many are kept; the oldest go first.
 */
export function createRowCache<Value extends object>(
  db: DatabaseSync,
  countMax: number,
): RowCache<Value> {
  const values = new Map<string, Value>()
  const dataVersion = db.prepare('PRAGMA data_version')
  let version: unknown
  let snapshot = 0

  function forgetWhatOthersChanged(): void {
    snapshot = snapshotOf(db)
    const now = dataVersion.get()?.data_version
    if (now !== version) values.clear()
    version = now
  }

  function keep(key: string, value: Value): void {
    if (values.size >= countMax) {
      for (const oldest of values.keys()) {
        values.delete(oldest)
        break
      }
    }
    values.set(key, value)
  }

  return {
    get: (key, load) =>
      read(db, () => {
        if (snapshot !== snapshotOf(db)) forgetWhatOthersChanged()
        const known = values.get(key)
        if (known !== undefined) return known
        const value = load()
        if (value !== undefined) keep(key, value)
        return value
      }),
    clear: () => values.clear(),
  }
}
