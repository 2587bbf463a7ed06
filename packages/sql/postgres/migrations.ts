import type { Query } from './connection.ts'
import { forgetWriters, writerTable } from './writers.ts'

/** The tables of one kind of database. */
export interface PostgresSchema {
  /** Marks the tables, and names the schema that they are in: other for each kind, so that a database holds several. */
  readonly kind: string
  /** What was ever needed, in order; each of them one or more statements. */
  readonly migrations: readonly string[]
}

/** Held by who migrates: one at a time in a database, whatever its kind. */
const advisoryLock = 0x6d_61_72_71

/** For generated columns. */
const versionMin = 12

/**
 * Brings the schema up to date: each migration runs once, in order, whoever comes first, and `schema_version` counts
 * them. Has to run in a transaction. Tables of another kind, or of a newer version, are refused.
 */
export async function migrate(query: Query, { kind, migrations }: PostgresSchema): Promise<void> {
  await checkServer(query)
  await query({ text: `SELECT pg_advisory_xact_lock(${advisoryLock})` })
  // Where the URL names a schema, it is there already.
  const [place] = await query({ text: 'SELECT current_schema() AS name' })
  if (place?.name === null) await query({ text: `CREATE SCHEMA IF NOT EXISTS ${kind}` })
  await query({ text: `${versionTable}; ${writerTable}; ${forgetWriters}` })
  const [known] = await query({ text: 'SELECT kind, version FROM schema_version' })
  if (known !== undefined && known.kind !== kind) throw new Error('it holds data of another kind')
  const done = (known?.version ?? 0) as number
  if (done > migrations.length) {
    throw new Error(`its schema is newer (${done}) than this program (${migrations.length})`)
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
  if (version < versionMin) throw new Error(`PostgreSQL ${version} is older than ${versionMin}`)
  if (row?.encoding !== 'UTF8') throw new Error(`its encoding is ${row?.encoding}, not UTF8`)
}
