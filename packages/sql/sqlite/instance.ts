import { DatabaseSync } from 'node:sqlite'

/** How long to wait for another process that is doing the same at this moment, in milliseconds. */
const busyTimeoutMs = 1_000
/** The words for SQLITE_BUSY (https://sqlite.org/rescode.html#busy), whose code Deno does not tell. */
const busyMessage = 'database is locked'

/**
 * Says that the SQLite database is in use here, until it is disposed of or the process ends, however it does. Calls
 * `onShared` with what to do when it is in use elsewhere already.
 *
 * Each user holds a shared lock on a file beside the database, and is alone if it can write to that file
 * (https://sqlite.org/lockingv3.html): the system takes the lock from a process that is gone.
 */
export function announceUse(path: string, onShared: (message: string) => void): Disposable {
  const db = new DatabaseSync(`${path}-instance`)
  db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA synchronous = OFF`)
  db.exec('PRAGMA journal_mode = MEMORY')
  createTable(db)
  // A statement that has not come to its end keeps its lock, also when another takes more and gives it back.
  const reading = db.prepare('SELECT uses FROM instance').iterate()
  reading.next()
  if (isLocked(db, 'PRAGMA busy_timeout = 0; UPDATE instance SET uses = uses + 1')) {
    const advice = 'SQLite is for one instance; several need DATABASE_URL=postgres://…'
    onShared(`${path} is in use elsewhere already: ${advice}`)
  }
  return {
    [Symbol.dispose]() {
      if (!db.isOpen) return
      reading.return?.()
      db.close()
    },
  }
}

/** Two rows, so that one is left to be read. Who has the file locked has made them. */
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
