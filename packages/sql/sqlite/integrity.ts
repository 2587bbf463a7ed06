import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { pagesOfLog } from './wal.ts'

/** Number of looks at files that do not match, and the time between two, in milliseconds. */
const looks = { countMax: 100, intervalMs: 10 }

/**
 * Checks the files of a database that is about to be opened. SQLite removes its write-ahead log on
 * a clean close. When the log still exists, the returned function reads the whole database, and
 * throws when it is damaged. Throws when the log seems to belong to another file: SQLite would apply
 * it to a backup that was copied back. While another process uses the database, its files may not
 * match for a moment, so the check looks again for a second before it throws.
 * @param wait Blocks the thread. Default: `Atomics.wait`.
 */
export function checkAfterCrash(
  path: string,
  wait = blockThread,
): ((db: DatabaseSync) => void) | undefined {
  for (let look = 1; look <= looks.countMax; look++) {
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
    const file = statSync(path, { throwIfNoEntry: false })
    if (!log?.size || !file?.size) return undefined
    if (!mayBeReplaced(file, log)) return (db) => checkWhole(db, 'quick_check')
    if (isCheckpointed(path)) return (db) => checkWhole(db, 'integrity_check')
    wait(looks.intervalMs)
  }
  throw new Error(
    `it was replaced, and ${path}-wal belongs to the former file: stop the service and run "bun run restore ` +
      `${path} BACKUP", with ${path} as the backup to keep the present file`,
  )
}

/**
 * Returns whether the file may have been replaced. A log is created after its database, and written
 * after it except by a checkpoint, which copies the log into the file.
 */
function mayBeReplaced(file: Stats, log: Stats): boolean {
  return file.mtimeMs > log.mtimeMs || file.birthtimeMs > log.birthtimeMs
}

/**
 * Returns whether the database may be the result of a complete or partial checkpoint of this log. A
 * checkpoint copies pages in order, so the first page then equals that of the log.
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
 * Throws when the database is not intact. The quick check does not compare indexes with their
 * tables (https://sqlite.org/pragma.html#pragma_integrity_check).
 */
function checkWhole(db: DatabaseSync, check: 'quick_check' | 'integrity_check'): void {
  const found = db.prepare(`PRAGMA ${check}(1)`).get()?.[check]
  if (found === 'ok') return
  const [first = ''] = String(found).split('\n').slice(-1)
  throw new Error(`it is damaged, restore a backup (${first})`)
}

function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
