import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Where a restore has put what was there before; undefined when there was nothing. */
export type Kept = string | undefined

/**
 * Writes the database, as it is now, to a new file, also while a service uses it. Rejects when the file exists already, or
 * the database is damaged.
 */
export async function backUp(path: string, backup: string): Promise<void> {
  requireFile(path)
  if (existsSync(backup)) throw new Error(`${backup} exists already: name a new file`)
  copyWhole(path, backup)
  await sync(backup)
}

export interface RestoreOptions {
  /** Told apart from each other, what is kept of several restores stays. */
  readonly now: Date
}

/**
 * Puts a backup in the place of a database that nobody uses. What was there is kept beside it, with its write-ahead log,
 * which must not be applied to another file. Rejects, and changes nothing, when the backup is damaged or of another kind,
 * or the database is in use.
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
  if (!existsSync(path)) throw new Error(`there is no file ${path}`)
}

/** Copies what a database holds, its write-ahead log included, after looking through all of it. Returns its kind. */
function copyWhole(from: string, to: string): number {
  const db = new DatabaseSync(from)
  try {
    const found = db.prepare('PRAGMA integrity_check(1)').get()?.integrity_check
    if (found !== 'ok') throw new Error(String(found))
    db.prepare('VACUUM INTO ?').run(to)
    return db.prepare('PRAGMA application_id').get()?.application_id as number
  } catch (cause) {
    throw new Error(`${from} is no whole database: ${(cause as Error).message}`, { cause })
  } finally {
    db.close()
  }
}

/** Where an SQLite file holds its application id (https://sqlite.org/fileformat2.html#application_id). */
const applicationIdPlace = 68

async function requireKind(path: string, kind: number): Promise<void> {
  if (!existsSync(path)) return
  await using file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, applicationIdPlace)
  // Of a new database only the write-ahead log may know the kind.
  if (bytesRead < 4 || [0, kind].includes(buffer.readUInt32BE())) return
  throw new Error(`the backup is of another kind of database than ${path}`)
}

/**
 * Throws when a process has the database open: each holds a lock on the file. It is looked for by another name of the
 * file, beside which there is no write-ahead log that would be applied.
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
