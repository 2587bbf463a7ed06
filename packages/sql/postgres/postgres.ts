import type { Pool } from 'pg'
import { publicPostgresUrl } from '../database-url.ts'
import { type Connection, connect, connectConfig, type Query, requireOpen } from './connection.ts'
import { PostgresError } from './error.ts'
import { migrate, type PostgresSchema } from './migrations.ts'
import { createPool } from './pool.ts'
import { retrying } from './retry.ts'
import { sharesSessions } from './session.ts'
import { type TransactionBody, type TransactionOptions, transact } from './transaction.ts'
import { createWriters } from './writers.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  readonly schema: PostgresSchema
  /** Connections at once, besides those that `connect` makes; 10 unless told. */
  readonly poolSizeMax?: number
}

/**
 * A database with its pool of connections. What it does ends within bounds (`boundsMs`), and failures of the database
 * are `PostgresError`s. After the server was away it goes on by itself.
 */
export interface Postgres extends AsyncDisposable {
  /** A single statement that only reads. A lost connection repeats it. */
  readonly read: Query
  /** See `transact`. */
  transaction<T>(body: TransactionBody<T>, options?: TransactionOptions): Promise<T>
  /** A connection outside of the pool. */
  connect(): Promise<Connection>
}

const sharedSessions =
  'the pooler before it shares sessions: set its pool_mode to session, or name the server itself'

/** For a migration, and for whoever waits for another's. */
const migrationTimeoutMs = 10 * 60_000

/**
 * Opens a PostgreSQL database and brings its schema up to date. Any number of processes may do so at once. An Error names
 * the database, without user and password, when it cannot be opened.
 */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const { url, schema, poolSizeMax = 10 } = options
  const { pool, close } = createPool(url, schema.kind, poolSizeMax)
  const writers = createWriters()
  try {
    const { client } = connectConfig(url)
    if (await retrying(() => sharesSessions(client))) throw new Error(sharedSessions)
    const body = (query: Query) => migrate(query, schema)
    await transact(pool, undefined, body, { timeoutMs: migrationTimeoutMs })
  } catch (cause) {
    await close()
    const reason = cause instanceof PostgresError ? cause.reason : (cause as Error).message
    throw new Error(`cannot open the database ${publicPostgresUrl(url)}: ${reason}`, { cause })
  }
  return {
    transaction: (body, options) => transact(pool, writers, body, options),
    read: (statement, values = []) => retrying(() => readFrom(pool, statement, values)),
    connect: () => connect(url, schema.kind),
    [Symbol.asyncDispose]: close,
  }
}

async function readFrom(pool: Pool, ...[statement, values = []]: Parameters<Query>) {
  requireOpen(pool)
  try {
    return (await pool.query({ ...statement, values: [...values] })).rows
  } catch (cause) {
    throw new PostgresError(cause)
  }
}
