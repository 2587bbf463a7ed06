import type { Query } from './connection.ts'
import { deleteOldWriters, writerTable } from './writers.ts'

/** The tables of one kind of database. */
export interface PostgresSchema {
  /**
   * Kind of the tables, and name of their schema. It is unique, so that one database can hold
   * several kinds.
   */
  readonly kind: string
  /** All migrations ever released, in order. Each has one or more statements. */
  readonly migrations: readonly string[]
}

/** Key of the lock that allows one migration at a time in a database, of any kind. */
const advisoryLock = 0x6d_61_72_71

/** Oldest supported version of PostgreSQL, because of generated columns. */
const versionMin = 12

/**
 * Brings the schema up to date: each migration runs once, in order, even with several processes,
 * and `schema_version` counts them. Must run in a transaction. Rejects tables of another kind or of
 * a newer version.
 */
export async function migrate(query: Query, { kind, migrations }: PostgresSchema): Promise<void> {
  await checkServer(query)
  await query({ text: `SELECT pg_advisory_xact_lock(${advisoryLock})` })
  // A schema that the URL names exists already.
  const [place] = await query({ text: 'SELECT current_schema() AS name' })
  if (place?.name === null) await query({ text: `CREATE SCHEMA IF NOT EXISTS ${kind}` })
  await query({ text: `${versionTable}; ${writerTable}; ${deleteOldWriters}` })
  const [known] = await query({ text: 'SELECT kind, version FROM schema_version' })
  if (known !== undefined && known.kind !== kind) {
    throw new Error('it holds data of another kind: use another database')
  }
  const done = (known?.version ?? 0) as number
  if (done > migrations.length) {
    throw new Error(
      `its schema is newer (${done}) than this program (${migrations.length}): update the program`,
    )
  }
  if (done === migrations.length) return
  for (const text of migrations.slice(done)) await query({ text })
  await query({ text: setVersion }, [kind, migrations.length])
}

const versionTable = `CREATE TABLE IF NOT EXISTS schema_version (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  kind text NOT NULL,
  version integer NOT NULL
)`

const setVersion = `INSERT INTO schema_version (kind, version) VALUES ($1, $2)
  ON CONFLICT (single) DO UPDATE SET version = excluded.version`

const server = `SELECT current_setting('server_version_num')::integer / 10000 AS version,
  current_setting('server_encoding') AS encoding`

async function checkServer(query: Query): Promise<void> {
  const [row] = await query({ text: server })
  const version = row?.version as number
  if (version < versionMin) {
    throw new Error(`PostgreSQL must be version ${versionMin} or newer; got ${version}`)
  }
  if (row?.encoding !== 'UTF8') throw new Error(`its encoding must be UTF8; got ${row?.encoding}`)
}
