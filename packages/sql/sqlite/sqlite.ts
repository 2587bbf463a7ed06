import { DatabaseSync } from 'node:sqlite'
import { failureOf, SqliteError } from './error.ts'
import { createSqliteFaults, type FileFaults, type SqliteFaults } from './faults.ts'
import { guard } from './guard.ts'
import { checkAfterCrash } from './integrity.ts'
import { watchPresence } from './presence.ts'
import {
  createLockWatch,
  createWriterQueue,
  type LockWatch,
  runEach,
  type WriteOutcome,
  type WriterQueue,
  type WriteTogether,
  writerBoundsMs,
} from './write.ts'

/**
 * Timeout of waiting for another process, in milliseconds. It blocks the event loop: `write` waits
 * for longer without blocking.
 */
const busyTimeoutMs = 5
/** Timeout of a `transaction`, whose caller cannot wait, in milliseconds. */
const transactionTimeoutMs = 50
/** Timeout of opening a database, in milliseconds. */
export const openTimeoutMs = 5_000

/** The tables of one kind of database. */
export interface Schema {
  /**
   * Application id of the file (https://sqlite.org/pragma.html#pragma_application_id): 1 to 2³¹ −
   * 1, unique for each kind.
   */
  readonly applicationId: number
  /** All migrations ever released, in order. */
  readonly migrations: readonly string[]
}

export interface SqliteOptions {
  /** Receives failures of the file. */
  readonly faults?: SqliteFaults
  /**
   * True to read the whole file when the process that used it last did not close it. Takes a second
   * for some hundred megabytes. Default: false.
   */
  readonly checked?: boolean
}

interface FileState {
  readonly faults: FileFaults
  readonly writers: WriterQueue
  readonly lock: LockWatch
  /** Absent for `:memory:`. */
  readonly presence?: Disposable
}

const states = new WeakMap<DatabaseSync, FileState>()

/**
 * Opens an SQLite database, or `:memory:` for one that ends with the process, and brings its schema
 * up to date: each migration runs once, in order, and `PRAGMA user_version` counts them. Throws
 * when the file is of another kind, or found to be damaged. The journal is a write-ahead log, and a
 * transaction is on disk when it commits (`synchronous = FULL`,
 * https://sqlite.org/pragma.html#pragma_synchronous). In every statement, a failure of the file is
 * an `SqliteError`.
 */
export function openSqlite(
  path: string,
  schema: Schema,
  options: SqliteOptions = {},
): DatabaseSync {
  const { faults = createSqliteFaults(), checked = false } = options
  let db: DatabaseSync | undefined
  try {
    const check = checked ? checkAfterCrash(path) : undefined
    db = new DatabaseSync(path)
    db.exec(`PRAGMA busy_timeout = ${openTimeoutMs}`)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY')
    check?.(db)
    states.set(db, follow(db, path, faults))
    migrate(db, schema)
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    return db
  } catch (cause) {
    if (db !== undefined) closeSqlite(db)
    throw new Error(`cannot open the database ${path}: ${reasonOf(cause)}`, { cause })
  }
}

function reasonOf(error: unknown): string {
  const { message } = (error instanceof SqliteError ? error.cause : error) as Error
  return message
}

function follow(db: DatabaseSync, path: string, faults: SqliteFaults): FileState {
  const file = faults.follow({ retest: () => testWrite(db) })
  guard(db, path, file.failed)
  const report = (error: unknown) => {
    if (error instanceof SqliteError) file.failed(error)
  }
  const together: WriteTogether = (bodies) => writeTogether(db, bodies)
  const writers = createWriterQueue(report, writerBoundsMs, together)
  const lock = createLockWatch(report)
  if (path === ':memory:') return { faults: file, writers, lock }
  const presence = watchPresence(path, (reason) => {
    file.failed(new SqliteError(path, 'gone', new Error(reason)))
  })
  return { faults: file, writers, lock, presence }
}

/** Closes the database. Does nothing when it is closed. */
export function closeSqlite(db: DatabaseSync): void {
  const state = states.get(db)
  state?.faults[Symbol.dispose]()
  state?.presence?.[Symbol.dispose]()
  if (db.isOpen) db.close()
}

const snapshots = new WeakMap<DatabaseSync, number>()

/**
 * Returns a number that identifies the state that `read` shows. It changes when the state may have
 * changed.
 */
export function snapshotOf(db: DatabaseSync): number {
  return snapshots.get(db) ?? 0
}

/**
 * Runs a query. All reads of one event-loop turn see the state that the first of them saw, unless
 * this connection writes. SQLite locks the file once for all of them, because locking costs more
 * than a small read.
 */
export function read<T>(db: DatabaseSync, query: () => T): T {
  if (!db.isTransaction) {
    db.exec('BEGIN')
    snapshots.set(db, snapshotOf(db) + 1)
    setImmediate(endReads, db)
  }
  return query()
}

/**
 * Ends the reads of a turn. Never throws: a failure of the file has been reported by then, and no
 * caller waits.
 */
function endReads(db: DatabaseSync): void {
  if (!db.isOpen || !db.isTransaction) return
  try {
    db.exec('COMMIT')
  } catch {
    rollBack(db)
  }
}

/**
 * Rolls back. SQLite has done so by itself after some failures, and cannot after others: the next
 * BEGIN then fails.
 */
function rollBack(db: DatabaseSync): void {
  try {
    if (db.isTransaction) db.exec('ROLLBACK')
  } catch {
    // Reported already. The caller throws the first error.
  }
}

/**
 * Runs the body in one transaction. Commits when the body returns, and rolls back when it throws.
 * Blocks the event loop briefly while another process writes, and throws when that lasts. Once
 * transactions have failed like this for a second, the file's faults are reported. `write` waits
 * for longer.
 * @param timeoutMs Timeout of that wait, in milliseconds. `openTimeoutMs` while a store is opened.
 */
export function transaction<T>(
  db: DatabaseSync,
  body: () => T,
  timeoutMs = transactionTimeoutMs,
): T {
  endReads(db)
  try {
    db.exec('BEGIN IMMEDIATE')
  } catch (error) {
    if (failureOf(error) !== 'busy') throw error
    beginWaiting(db, timeoutMs)
  }
  return finish(db, body)
}

function beginWaiting(db: DatabaseSync, timeoutMs: number): void {
  db.exec(`PRAGMA busy_timeout = ${timeoutMs}`)
  try {
    db.exec('BEGIN IMMEDIATE')
  } catch (error) {
    if (failureOf(error) === 'busy') states.get(db)?.lock.missed(error)
    throw error
  } finally {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  }
}

export interface WriteOptions {
  /**
   * False when a crash of the machine may undo the transaction: nothing waits for the disk then. A
   * later transaction that is durable makes this one durable, too. Default: true.
   */
  readonly durable?: boolean
}

/**
 * Runs the body in one transaction. Commits when the body returns, and rolls back when it throws.
 * Waits up to 5 seconds for another process that writes, without blocking the event loop, then
 * rejects with an `SqliteError`. When nobody else writes, the body runs before this function
 * returns. Durable writes that wait share a transaction, in which a body that throws leaves the
 * others in effect.
 */
export function write<T>(
  db: DatabaseSync,
  body: () => T,
  { durable = true }: WriteOptions = {},
): Promise<T> {
  const attempt = () => {
    endReads(db)
    if (!durable) db.exec('PRAGMA synchronous = NORMAL')
    try {
      db.exec('BEGIN IMMEDIATE')
      return finish(db, body)
    } finally {
      if (!durable) db.exec('PRAGMA synchronous = FULL')
    }
  }
  const { writers } = states.get(db) as FileState
  return writers.run(attempt, durable ? body : undefined)
}

function writeTogether(db: DatabaseSync, bodies: readonly (() => unknown)[]): WriteOutcome[] {
  endReads(db)
  db.exec('BEGIN IMMEDIATE')
  return finish(db, () => runEach(db, bodies))
}

function finish<T>(db: DatabaseSync, body: () => T): T {
  try {
    const result = body()
    db.exec('COMMIT')
    const state = states.get(db)
    state?.lock.taken()
    state?.faults.written()
    return result
  } catch (error) {
    rollBack(db)
    throw error
  }
}

/** Tests that the file and its log can grow. Leaves nothing behind. */
function testWrite(db: DatabaseSync): void {
  transaction(db, () => {
    db.exec('CREATE TABLE write_test (value BLOB)')
    db.exec(`INSERT INTO write_test VALUES (zeroblob(${testBytes})); DROP TABLE write_test`)
  })
}

const testBytes = 64 * 1024

function migrate(db: DatabaseSync, { applicationId, migrations }: Schema): void {
  const kind = pragma(db, 'application_id')
  if (kind !== 0 && kind !== applicationId) {
    throw new Error('it holds data of another kind: use another file')
  }
  if (pragma(db, 'user_version') === migrations.length) return
  transaction(db, () => {
    const done = pragma(db, 'user_version')
    if (done > migrations.length) {
      throw new Error(
        `its schema is newer (${done}) than this program (${migrations.length}): update the program`,
      )
    }
    for (const migration of migrations.slice(done)) db.exec(migration)
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`)
  })
}

function pragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return db.prepare(`PRAGMA ${name}`).get()?.[name] as number
}
