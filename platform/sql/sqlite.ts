import { DatabaseSync } from 'node:sqlite'

/** How long a statement waits for another process's write, in milliseconds. */
const busyTimeoutMs = 5_000

/**
 * Opens an SQLite database, `:memory:` for one that ends with the process, and brings its schema up to date: each
 * migration runs once, in order, and `PRAGMA user_version` counts them. The journal is a write-ahead log, and a
 * transaction is on disk when it commits (`synchronous = FULL`, https://sqlite.org/pragma.html#pragma_synchronous).
 */
export function openSqlite(path: string, migrations: readonly string[]): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY')
    migrate(db, migrations)
    return db
  } catch (cause) {
    db?.close()
    throw new Error(`cannot open the database ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** Runs the body in one transaction: committed when it returns, rolled back when it throws. */
export function transaction<T>(db: DatabaseSync, body: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = body()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

function migrate(db: DatabaseSync, migrations: readonly string[]): void {
  if (schemaVersion(db) === migrations.length) return
  transaction(db, () => {
    const done = schemaVersion(db)
    if (done > migrations.length) {
      throw new Error(`its schema is newer (${done}) than this program (${migrations.length})`)
    }
    for (const migration of migrations.slice(done)) db.exec(migration)
    db.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

function schemaVersion(db: DatabaseSync): number {
  return db.prepare('PRAGMA user_version').get()?.user_version as number
}
