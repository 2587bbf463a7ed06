import { DatabaseSync } from 'node:sqlite'

/** How long a statement waits for another process's write, in milliseconds. */
const busyTimeoutMs = 5_000

/** The tables of one kind of database. */
export interface Schema {
  /** Marks the file (https://sqlite.org/pragma.html#pragma_application_id): 1 to 2³¹ − 1, other for each kind. */
  readonly applicationId: number
  /** Statements that were ever needed, in order. */
  readonly migrations: readonly string[]
}

/**
 * Opens an SQLite database, `:memory:` for one that ends with the process, and brings its schema up to date: each
 * migration runs once, in order, and `PRAGMA user_version` counts them. A file of another kind is refused. The journal is a write-ahead log, and a
 * transaction is on disk when it commits (`synchronous = FULL`, https://sqlite.org/pragma.html#pragma_synchronous).
 */
export function openSqlite(path: string, schema: Schema): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY')
    migrate(db, schema)
    return db
  } catch (cause) {
    db?.close()
    throw new Error(`cannot open the database ${path}: ${(cause as Error).message}`, { cause })
  }
}

const snapshots = new WeakMap<DatabaseSync, number>()

/** Names the state of the database that `read` shows: another number when it may be another state. */
export function snapshotOf(db: DatabaseSync): number {
  return snapshots.get(db) ?? 0
}

/**
 * Reads what the database holds. The reads of one turn of the event loop see it as the first of them did, unless this
 * connection writes: SQLite locks the file for all of them at once, which costs more than a small read.
 */
export function read<T>(db: DatabaseSync, query: () => T): T {
  if (!db.isTransaction) {
    db.exec('BEGIN')
    snapshots.set(db, snapshotOf(db) + 1)
    setImmediate(endReads, db)
  }
  return query()
}

function endReads(db: DatabaseSync): void {
  if (db.isOpen && db.isTransaction) db.exec('COMMIT')
}

/** Runs the body in one transaction: committed when it returns, rolled back when it throws. */
export function transaction<T>(db: DatabaseSync, body: () => T): T {
  endReads(db)
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

function migrate(db: DatabaseSync, { applicationId, migrations }: Schema): void {
  const kind = pragma(db, 'application_id')
  if (kind !== 0 && kind !== applicationId) throw new Error('it holds data of another kind')
  if (pragma(db, 'user_version') === migrations.length) return
  transaction(db, () => {
    const done = pragma(db, 'user_version')
    if (done > migrations.length) {
      throw new Error(`its schema is newer (${done}) than this program (${migrations.length})`)
    }
    for (const migration of migrations.slice(done)) db.exec(migration)
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`)
  })
}

function pragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return db.prepare(`PRAGMA ${name}`).get()?.[name] as number
}
