import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Path of the former database after a restore. `undefined` when there was none. */
export type Kept = string | undefined

/**
 * Copies the current database to a new file, also while a service uses it. Rejects when the file
 * exists, or the database is damaged.
 */
export async function backUp(path: string, backup: string): Promise<void> {
  requireFile(path)
  if (existsSync(backup)) throw new Error(`${backup} already exists: choose a new file`)
  copyWhole(path, backup)
  await sync(backup)
}

export interface RestoreOptions {
  /** Current time. It makes the names of former databases unique. */
  readonly now: Date
}

/**
 * Replaces a database that nobody uses with a backup. The former database is kept next to it, with
 * its write-ahead log, which must not be applied to another file. Rejects, and changes nothing,
 * when the backup is damaged or of another kind, or the database is in use.
 */
export async function restore(
  path: string,
  backup: string,
  { now }: RestoreOptions,
): Promise<Kept> {
  requireFile(backup)
  const fresh = `${path}.restoring`
  rmSync(fresh, { force: true })
  requireUnused(path)
  try {
    const kind = copyWhole(backup, fresh)
    await requireKind(path, kind)
    await sync(fresh)
    const kept = existsSync(path) ? `${path}.before-${stampOf(now)}` : undefined
    if (kept !== undefined) linkSync(path, kept)
    if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${kept ?? path}-wal`)
    rmSync(`${path}-shm`, { force: true })
    renameSync(fresh, path)
    await sync(dirname(resolve(path)))
    return kept
  } finally {
    rmSync(fresh, { force: true })
  }
}

function requireFile(path: string): void {
  if (!existsSync(path)) throw new Error(`the file ${path} does not exist`)
}

/** Checks a database, and copies its content, including its write-ahead log. Returns its kind. */
function copyWhole(from: string, to: string): number {
  const db = new DatabaseSync(from)
  try {
    const found = db.prepare('PRAGMA integrity_check(1)').get()?.integrity_check
    if (found !== 'ok') throw new Error(String(found))
    db.prepare('VACUUM INTO ?').run(to)
    return db.prepare('PRAGMA application_id').get()?.application_id as number
  } catch (cause) {
    throw new Error(`${from} is not an intact database: ${(cause as Error).message}`, { cause })
  } finally {
    db.close()
  }
}

/**
 * Offset of the application id in an SQLite file
 * (https://sqlite.org/fileformat2.html#application_id).
 */
const applicationIdOffset = 68

async function requireKind(path: string, kind: number): Promise<void> {
  if (!existsSync(path)) return
  await using file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, applicationIdOffset)
  // The application id of a new database may be in the write-ahead log only.
  if (bytesRead < 4 || [0, kind].includes(buffer.readUInt32BE())) return
  throw new Error(`the backup holds another kind of data than ${path}: choose another backup`)
}

/**
 * Throws when a process has the database open: each holds a lock on the file. The lock is tested
 * through a hard link, beside which there is no write-ahead log to apply.
 */
function requireUnused(path: string): void {
  if (!existsSync(path)) return
  const other = `${path}.unused`
  for (const end of ['', '-wal', '-shm']) rmSync(`${other}${end}`, { force: true })
  linkSync(path, other)
  try {
    const db = new DatabaseSync(other)
    try {
      db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK')
    } finally {
      db.close()
    }
  } catch (error) {
    if ((error as Error).message !== 'database is locked') return
    throw new Error(`${path} is in use: stop the service first`, { cause: error })
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(`${other}${end}`, { force: true })
  }
}

async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}

function stampOf(now: Date): string {
  return now.toISOString().replaceAll(/[:.]/g, '-')
}
