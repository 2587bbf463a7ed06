import { sqliteCapabilities } from '@marquee/sql/capabilities'
import { nextRevision } from '@marquee/sql/revision'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import { announceUse } from '@marquee/sql/sqlite/instance'
import { createRowCache } from '@marquee/sql/sqlite/row-cache'
import {
  closeSqlite,
  openSqlite,
  openTimeoutMs,
  read,
  transaction,
  write,
} from '@marquee/sql/sqlite/sqlite'
import {
  type ExternalSource,
  externalIdsOf,
  type Metadata,
  type StoredMetadata,
} from '../metadata.ts'
import { endOfChanges, everyHundredth } from './changes.ts'
import { pageOf } from './list.ts'
import {
  type ChangePosition,
  type ChangesPage,
  deletedCountMax,
  type EditedMovie,
  type ListOptions,
  type ListPage,
  type MetadataStore,
  type MovieEdit,
  type PutOutcome,
} from './port.ts'
import { prepareStatements, schema, toChange, toMovie } from './sqlite-tables.ts'

export interface SqliteMetadataStoreOptions {
  /**
   * Path of the database file, which is created when it does not exist. `:memory:` for a database
   * that is lost when the process ends.
   */
  readonly path: string
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
  /** Called with messages for the operator. */
  readonly onWarning?: (message: string) => void
  /** Receives the failures of the file. */
  readonly faults?: SqliteFaults
  /** True when other workers of the service may have the file open. Default: false. */
  readonly isSharedByWorkers?: boolean
  /** See the constant of the same name, which is the default. */
  readonly deletedCountMax?: number
}

/** Maximum number of movies in the cache. Each has a few kilobytes at most. */
const cachedCountMax = 1_000

/** Opens a catalogue in an SQLite file, which several processes may use at once. */
export function createSqliteMetadataStore(options: SqliteMetadataStoreOptions): MetadataStore {
  const { path, clock = Date.now, onWarning = () => {} } = options
  const { deletedCountMax: countMax = deletedCountMax } = options
  const isForgetting = everyHundredth(countMax)
  // Another worker that writes could seem to be damage.
  const checked = !options.isSharedByWorkers
  const db = openSqlite(path, schema, { ...options, checked })
  const use = path === ':memory:' ? undefined : announceUse(path, warnOfOthers)
  const sql = prepareStatements(db)
  transaction(db, () => sql.insertRevision.run(nextRevision(0, clock())), openTimeoutMs)
  const cache = createRowCache<StoredMetadata>(db, cachedCountMax)

  function warnOfOthers(message: string): void {
    if (!options.isSharedByWorkers) onWarning(message)
  }

  function revision(): number {
    return sql.revision.get()?.revision as number
  }

  function advance(): number {
    const next = nextRevision(revision(), clock())
    sql.setRevision.run(next)
    return next
  }

  function put(movie: Metadata, updateTimeMs: number, revision: number): PutOutcome {
    const { id, title } = movie
    const known = sql.number.get(id) !== undefined
    const row = sql.put.get(id, title, JSON.stringify(movie), updateTimeMs, revision)
    const number = row?.movie_number as number
    for (const [source, externalId] of externalIdsOf(movie)) {
      sql.putExternalId.run(number, source, externalId)
    }
    return known ? 'replaced' : 'created'
  }

  function putAll(movies: readonly Metadata[]): PutOutcome[] {
    if (movies.length === 0) return []
    const updateTimeMs = clock()
    const revision = advance()
    return movies.map((movie) => put(movie, updateTimeMs, revision))
  }

  function remove(id: string): void {
    if (sql.delete.run(id).changes === 0) return
    advance()
    forget()
  }

  function edit(
    id: string,
    decide: (before: StoredMetadata | undefined) => MovieEdit,
  ): EditedMovie {
    const before = find(id)
    const next = decide(before)
    if (next === 'delete') remove(id)
    else if (next !== 'keep') putAll([next])
    return { before, after: next === 'keep' ? before : find(id) }
  }

  /** Forgets the oldest deletes, now and then. */
  function forget(): void {
    if (!isForgetting()) return
    sql.forget.run(countMax)
    sql.removeForgotten.run()
  }

  function changes({ revision, id }: ChangePosition, limit: number): ChangesPage | undefined {
    const forgotten = sql.forgotten.get()?.revision as number
    if (forgotten > revision) return undefined
    const from = id === undefined ? [revision + 1, ''] : [revision, id]
    return endOfChanges(sql.changes.all(...from, limit).map(toChange), limit)
  }

  function writing<T>(body: () => T): Promise<T> {
    return write(db, () => {
      cache.clear()
      return body()
    })
  }

  function find(id: string): StoredMetadata | undefined {
    const row = sql.get.get(id)
    return row && frozen(toMovie(row))
  }

  function findByExternalId(source: ExternalSource, ids: readonly string[], countMax: number) {
    const found = new Map<string, string[]>()
    for (const externalId of ids) {
      const rows = sql.byExternalId.all(source, externalId, countMax)
      if (rows.length > 0)
        found.set(
          externalId,
          rows.map((row) => row.id as string),
        )
    }
    return found
  }

  async function list({ limit, after = { title: '', id: '' } }: ListOptions): Promise<ListPage> {
    const page = read(db, () => sql.list.all(after.title, after.id, limit))
    return pageOf(page.map(toMovie), limit)
  }

  return {
    capabilities: sqliteCapabilities,
    get: async (id) => cache.get(id, () => find(id)),
    async getMany(ids) {
      const found = read(db, () => sql.getMany.all(JSON.stringify(ids))).map(toMovie)
      return new Map(found.map((movie) => [movie.id, movie]))
    },
    findByExternalId: async (source, externalIds, countMax) =>
      read(db, () => findByExternalId(source, externalIds, countMax)),
    put: (movies) => writing(() => putAll(movies)),
    edit: (id, decide) => writing(() => edit(id, decide)),
    list,
    changes: async (after, limit) => read(db, () => changes(after, limit)),
    revision: async () => read(db, revision),
    async [Symbol.asyncDispose]() {
      use?.[Symbol.dispose]()
      closeSqlite(db)
    },
  }
}

/** Freezes the movie, so that a caller cannot change the cached object. */
function frozen(movie: StoredMetadata): StoredMetadata {
  Object.freeze(movie.genres)
  Object.freeze(movie.externalIds)
  return Object.freeze(movie)
}
