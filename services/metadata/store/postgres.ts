import { postgresCapabilities } from '@marquee/sql/capabilities'
import type { Query } from '@marquee/sql/postgres/connection'
import { openPostgres } from '@marquee/sql/postgres/postgres'
import { beforeNul, isText } from '@marquee/sql/postgres/text'
import { nextRevision } from '@marquee/sql/revision'
import type { ExternalSource, Metadata, StoredMetadata } from '../metadata.ts'
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
import {
  externalIdColumns,
  movieColumns,
  schema,
  sql,
  toChange,
  toMovie,
} from './postgres-tables.ts'

export interface PostgresMetadataStoreOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
  /** Maximum number of connections in the pool. */
  readonly poolSizeMax?: number
  /** See the constant of the same name, which is the default. */
  readonly deletedCountMax?: number
}

/** Time and revision of a write. */
type Stamp = Pick<StoredMetadata, 'updateTimeMs' | 'revision'>

/**
 * Opens a catalogue in a PostgreSQL database, which several processes may share. Writers wait for
 * each other. When the result of a commit is lost, the store determines it; see `transact`.
 */
export async function openPostgresMetadataStore(
  options: PostgresMetadataStoreOptions,
): Promise<MetadataStore> {
  const { clock = Date.now, deletedCountMax: countMax = deletedCountMax } = options
  const isForgetting = everyHundredth(countMax)
  const db = await openPostgres({ ...options, schema })
  await using opened = new AsyncDisposableStack()
  opened.use(db)
  await db.transaction((query) => query(sql.insertRevision, [nextRevision(0, clock())]))
  const resources = opened.move()

  /** Blocks other writers until the transaction ends, and returns the next revision. */
  async function lock(query: Query): Promise<number> {
    const [row] = await query(sql.lockRevision)
    return nextRevision(row?.revision as number, clock())
  }

  async function put(movies: readonly Metadata[]): Promise<PutOutcome[]> {
    if (movies.length === 0) return []
    const save = saving(movies)
    const ids = movies.map(({ id }) => id)
    return db.transaction(async (query) => {
      const revision = await lock(query)
      const known = new Set((await query(sql.known, [ids])).map((row) => row.id as string))
      await save(query, { updateTimeMs: clock(), revision })
      return ids.map((id) => {
        const outcome = known.has(id) ? 'replaced' : 'created'
        known.add(id)
        return outcome
      })
    })
  }

  async function remove(query: Query, id: string, revision: number): Promise<void> {
    await query(sql.delete, [id])
    await query(sql.setRevision, [revision])
    if (!isForgetting()) return
    await query(sql.forget, [countMax])
    await query(sql.removeForgotten)
  }

  async function edit(
    id: string,
    decide: (before: StoredMetadata | undefined) => MovieEdit,
  ): Promise<EditedMovie> {
    return db.transaction(async (query) => {
      const revision = await lock(query)
      // A statement of its own: it sees what was committed while the lock was waited for.
      const [row] = isText(id) ? await query(sql.getMany, [[id]]) : []
      const before = row && toMovie(row)
      const next = decide(before)
      if (next === 'keep') return { before, after: before }
      if (next === 'delete') {
        if (before !== undefined) await remove(query, id, revision)
        return { before, after: undefined }
      }
      const stamp = { updateTimeMs: clock(), revision }
      await saving([next])(query, stamp)
      return { before, after: { ...next, ...stamp } }
    })
  }

  async function getMany(ids: readonly string[]): Promise<Map<string, StoredMetadata>> {
    const possible = ids.filter(isText)
    if (possible.length === 0) return new Map()
    const found = (await db.read(sql.getMany, [possible])).map(toMovie)
    return new Map(found.map((movie) => [movie.id, movie]))
  }

  async function findByExternalId(
    source: ExternalSource,
    externalIds: readonly string[],
    countMax: number,
  ): Promise<Map<string, string[]>> {
    const possible = [...new Set(externalIds.filter(isText))]
    const found = new Map<string, string[]>()
    if (possible.length === 0) return found
    for (const row of await db.read(sql.byExternalId, [source, possible, countMax])) {
      const externalId = row.external_id as string
      const movieIds = found.get(externalId) ?? []
      movieIds.push(row.movie_id as string)
      found.set(externalId, movieIds)
    }
    return found
  }

  async function changes(
    { revision, id }: ChangePosition,
    limit: number,
  ): Promise<ChangesPage | undefined> {
    const from = id === undefined ? [revision + 1, ''] : [revision, beforeNul(id)]
    const rows = await db.read(sql.changes, [...from, limit])
    // Read afterwards: what was forgotten meanwhile may be missing.
    const [forgotten] = await db.read(sql.forgotten)
    if ((forgotten?.revision as number) > revision) return undefined
    return endOfChanges(rows.map(toChange), limit)
  }

  async function list({ after, limit }: ListOptions): Promise<ListPage> {
    const place = [Buffer.from(after?.title ?? ''), beforeNul(after?.id ?? '')]
    return pageOf((await db.read(sql.list, [...place, limit])).map(toMovie), limit)
  }

  return {
    capabilities: postgresCapabilities,
    get: async (id) => (await getMany([id])).get(id),
    getMany,
    findByExternalId,
    put,
    edit,
    list,
    changes,
    revision: async () => (await db.read(sql.revision))[0]?.revision as number,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** Returns the writes of a put. Throws when PostgreSQL cannot represent an id. */
function saving(movies: readonly Metadata[]) {
  const last = [...new Map(movies.map((movie) => [movie.id, movie])).values()]
  if (!last.every(({ id }) => isText(id))) {
    throw new RangeError('ids must not contain U+0000 or half of a surrogate pair')
  }
  const columns = movieColumns(last)
  const externalIds = externalIdColumns(last)
  if (!externalIds.flat().every(isText)) {
    throw new RangeError('external ids must not contain U+0000 or half of a surrogate pair')
  }
  return async (query: Query, { updateTimeMs, revision }: Stamp): Promise<void> => {
    await query(sql.put, [...columns, updateTimeMs, revision])
    if (externalIds[0]?.length) await query(sql.putExternalIds, externalIds)
    await query(sql.setRevision, [revision])
  }
}
