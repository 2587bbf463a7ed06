import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseDatabaseUrl, prepareFolder } from '@marquee/sql/database-url'
import { announceUse } from '@marquee/sql/sqlite/instance'
import type { ScoringRules } from '../scoring.ts'
import type { RatingDatabase } from '../store/database.ts'
import { openRatingStore } from '../store/open.ts'
import { greatestRevision, type Restore } from '../store/restore.ts'
import { CannotRebuildError, requireEmpty } from './rebuild.ts'

/** Database that is being rebuilt. Disposing it before `finish` removes what was written. */
export interface RebuildTarget extends AsyncDisposable {
  readonly store: RatingDatabase
  /** Keeps what was written, under the name of the database. */
  finish(): Promise<void>
}

export interface TargetOptions {
  readonly databaseUrl: string
  readonly rules: ScoringRules
  /** Topic of events, of which the database must have none. */
  readonly eventsTopic: string
  /** Called with the reason when disposing cannot remove what was written. */
  readonly onLeft: (reason: string) => void
}

/**
 * Opens an empty database. An SQLite file is written under another name, which a later call
 * replaces: the file with the given name is complete. Rejects when the database is not empty, or an
 * SQLite file is in use.
 */
export async function openRebuildTarget(options: TargetOptions): Promise<RebuildTarget> {
  const database = parseDatabaseUrl(options.databaseUrl)
  switch (database.kind) {
    case 'memory':
      throw new CannotRebuildError('a database in memory ends with the program')
    case 'sqlite':
      return openFile(database.path, options)
    case 'postgres':
      return openServer(options)
  }
}

async function openFile(path: string, options: TargetOptions): Promise<RebuildTarget> {
  await prepareFolder(path)
  await requireEmptyFile(path, options)
  const part = `${path}.part`
  requireUnused(part)
  await removeFile(part)
  const store = await openUnused({ ...options, databaseUrl: `sqlite:${part}` })
  return {
    store,
    async finish() {
      await store[Symbol.asyncDispose]()
      await requireEmptyFile(path, options)
      await rename(part, path)
      await using folder = await open(dirname(resolve(path)))
      await folder.sync()
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await removeFile(part)
    },
  }
}

/** Accepts that there is no file. */
async function requireEmptyFile(path: string, options: TargetOptions): Promise<void> {
  if (!existsSync(path)) return
  await using store = await openUnused(options)
  await requireEmpty(store, options.eventsTopic)
}

/** Opens a database, and rejects when another process uses its file. */
async function openUnused({ databaseUrl, rules }: TargetOptions): Promise<RatingDatabase> {
  await using opened = new AsyncDisposableStack()
  let problem: string | undefined
  const onWarning = (message: string) => {
    problem ??= message
  }
  const store = opened.use(await openRatingStore(databaseUrl, { rules, onWarning }))
  if (problem !== undefined) throw new Error(problem)
  opened.move()
  return store
}

function requireUnused(path: string): void {
  using _ = announceUse(path, (problem) => {
    throw new Error(problem)
  })
}

/** Removes an SQLite file with the files beside it. */
async function removeFile(path: string): Promise<void> {
  for (const end of ['', '-wal', '-shm', '-instance']) await rm(`${path}${end}`, { force: true })
}

async function openServer(options: TargetOptions): Promise<RebuildTarget> {
  await using opened = new AsyncDisposableStack()
  const store = opened.use(await openUnused(options))
  let revision = await store.revision()
  await requireEmpty(store, options.eventsTopic)
  const restore: Restore = {
    async ratings(states) {
      await store.restore.ratings(states)
      revision = Math.max(revision, greatestRevision(states))
    },
    async stamps(stamps) {
      await store.restore.stamps(stamps)
      revision = Math.max(revision, greatestRevision(stamps))
    },
  }
  const resources = opened.move()
  let isFinished = false
  return {
    store: { ...store, restore },
    async finish() {
      isFinished = true
    },
    async [Symbol.asyncDispose]() {
      await resources.disposeAsync()
      if (!isFinished) await discard(options, revision)
    },
  }
}

async function discard({ databaseUrl, onLeft }: TargetOptions, revision: number): Promise<void> {
  const { discardPostgres } = await import('../store/postgres-discard.ts')
  try {
    const isDiscarded = await discardPostgres(databaseUrl, revision)
    if (!isDiscarded) onLeft('another process has written to the database')
  } catch (error) {
    onLeft((error as Error).message)
  }
}
