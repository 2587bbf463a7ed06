import { DatabaseSync } from 'node:sqlite'

/** Timeout of waiting for another process that runs this at the same time, in milliseconds. */
const busyTimeoutMs = 1_000
/** Message of SQLITE_BUSY (https://sqlite.org/rescode.html#busy), whose code Deno's errors lack. */
const busyMessage = 'database is locked'

/**
 * Announces that this process uses the SQLite database, until it is disposed or the process ends in
 * any way. Calls `onShared` with a message when another process uses the database already.
 *
 * Each user holds a shared lock on a file next to the database, and is alone if it can write to
 * that file (https://sqlite.org/lockingv3.html). The operating system releases the lock of a
 * process that ended.
 */
export function announceUse(path: string, onShared: (message: string) => void): Disposable {
  const db = new DatabaseSync(`${path}-instance`)
  db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA synchronous = OFF`)
  db.exec('PRAGMA journal_mode = MEMORY')
  createTable(db)
  // A statement that is not finished keeps its shared lock, even while the write below takes and
  // releases another.
  const reading = db.prepare('SELECT uses FROM instance').iterate()
  reading.next()
  if (isLocked(db, 'PRAGMA busy_timeout = 0; UPDATE instance SET uses = uses + 1')) {
    const advice = 'run one instance, or set DATABASE_URL=postgres://… for several'
    onShared(`another process uses ${path} already: ${advice}`)
  }
  return {
    [Symbol.dispose]() {
      if (!db.isOpen) return
      reading.return?.()
      db.close()
    },
  }
}

/**
 * Creates two rows, so that one is left to read. A process that has locked the file has created
 * them.
 */
function createTable(db: DatabaseSync): void {
  if (db.prepare('SELECT name FROM sqlite_schema').all().length > 0) return
  const table = 'CREATE TABLE IF NOT EXISTS instance (uses INTEGER NOT NULL) STRICT'
  const locked = isLocked(db, `BEGIN; ${table}; INSERT INTO instance VALUES (0), (0); COMMIT`)
  if (locked && db.isTransaction) db.exec('ROLLBACK')
}

function isLocked(db: DatabaseSync, statements: string): boolean {
  try {
    db.exec(statements)
    return false
  } catch (error) {
    if ((error as Error).message === busyMessage) return true
    throw error
  }
}
