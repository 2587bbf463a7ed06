import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { pagesOfLog } from './wal.ts'

/**
 * Looks at what is beside a database that is about to be opened: SQLite removes its write-ahead log when it is closed in
 * good order. When the log is still there, the returned function reads the whole database, and throws when it is damaged.
 * Throws at once when the log belongs to another file, as far as that can be known: after a backup was copied back, SQLite
 * would apply it all the same.
 */
export function checkAfterCrash(path: string): ((db: DatabaseSync) => void) | undefined {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  const file = statSync(path, { throwIfNoEntry: false })
  if (!log?.size || !file?.size) return undefined
  if (!mayBeReplaced(file, log)) return (db) => checkWhole(db, 'quick_check')
  if (isCheckpointed(path)) return (db) => checkWhole(db, 'integrity_check')
  throw new Error(
    `it was replaced, and ${path}-wal belongs to the file before: stop the service and run "bun run restore ` +
      `${path} BACKUP", or with ${path} as the backup to keep what is there`,
  )
}

/** A log is made after its database, and written after it but for a checkpoint, which copies the log into the file. */
function mayBeReplaced(file: Stats, log: Stats): boolean {
  return file.mtimeMs > log.mtimeMs || file.birthtimeMs > log.birthtimeMs
}

/**
 * Whether the database may be as a checkpoint of this log has left it, ended or not: it copies the pages in order, so that
 * the first one is in any case as in the log.
 */
function isCheckpointed(path: string): boolean {
  const [first] = pagesOfLog(`${path}-wal`)
  if (first === undefined) return true
  const file = openSync(path, 'r')
  try {
    const page = Buffer.alloc(first.content.length)
    readSync(file, page, 0, page.length, (first.number - 1) * page.length)
    return page.equals(first.content)
  } finally {
    closeSync(file)
  }
}

/**
 * Throws when the database is not whole. The quick check does not compare indexes with their tables
 * (https://sqlite.org/pragma.html#pragma_integrity_check).
 */
function checkWhole(db: DatabaseSync, check: 'quick_check' | 'integrity_check'): void {
  const found = db.prepare(`PRAGMA ${check}(1)`).get()?.[check]
  if (found === 'ok') return
  const [first = ''] = String(found).split('\n').slice(-1)
  throw new Error(`it is damaged, restore a backup of it (${first})`)
}
