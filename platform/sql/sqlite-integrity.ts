import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

/**
 * Looks at what is beside a database that is about to be opened: SQLite removes its write-ahead log when it is closed in
 * good order. When the log is still there, the returned function reads the whole file, and throws when it is damaged.
 */
export function checkAfterCrash(path: string): ((db: DatabaseSync) => void) | undefined {
  if (!statSync(`${path}-wal`, { throwIfNoEntry: false })?.size) return undefined
  return checkWhole
}

/** Throws when the database is not whole (https://sqlite.org/pragma.html#pragma_quick_check). */
export function checkWhole(db: DatabaseSync): void {
  const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check
  if (found === 'ok') return
  const [first = ''] = String(found).split('\n').slice(-1)
  throw new Error(`it is damaged, restore a backup of it (${first})`)
}
