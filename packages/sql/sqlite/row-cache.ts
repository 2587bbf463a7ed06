import type { DatabaseSync } from 'node:sqlite'
import { read, snapshotOf } from './sqlite.ts'

/** Cache of values that were made of rows. */
export interface RowCache<Value extends object> {
  /**
   * Returns the value under the key. Calls `load` when it is unknown, or when its row may have
   * changed.
   */
  get(key: string, load: () => Value | undefined): Value | undefined
  /** Clears the cache. Call it when this connection has written. */
  clear(): void
}

/**
 * Creates a cache that keeps values until another connection writes or it is cleared. SQLite counts
 * the writes of other connections (https://sqlite.org/pragma.html#pragma_data_version), and is
 * queried once for all reads of an event-loop turn.
 * @param countMax Maximum number of values. The oldest are removed first.
 */
export function createRowCache<Value extends object>(
  db: DatabaseSync,
  countMax: number,
): RowCache<Value> {
  const values = new Map<string, Value>()
  const dataVersion = db.prepare('PRAGMA data_version')
  let version: unknown
  let snapshot = 0

  function clearIfChanged(): void {
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
        if (snapshot !== snapshotOf(db)) clearIfChanged()
        const known = values.get(key)
        if (known !== undefined) return known
        const value = load()
        if (value !== undefined) keep(key, value)
        return value
      }),
    clear: () => values.clear(),
  }
}
