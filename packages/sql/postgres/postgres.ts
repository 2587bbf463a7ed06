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
  /** Maximum number of connections in the pool, besides those of `connect`. Default: 10. */
  readonly poolSizeMax?: number
}

/**
 * A database with its pool of connections. Every call ends within the timeouts of `boundsMs`, and
 * failures of the database are `PostgresError`s. It recovers by itself after an outage of the
 * server.
 */
export interface Postgres extends AsyncDisposable {
  /**
   * Runs a single statement that only reads. After a lost connection, the statement is repeated.
   */
  readonly read: Query
  /** Runs a transaction: see `transact`. */
  transaction<T>(body: TransactionBody<T>, options?: TransactionOptions): Promise<T>
  /** Opens a connection outside of the pool. */
  connect(): Promise<Connection>
}

const sharedSessions =
  'the pooler in front of it shares sessions: set its pool_mode to session, or use the address of the server'

/** Timeout of a migration, and of waiting for a concurrent one, in milliseconds. */
const migrationTimeoutMs = 10 * 60_000

/**
 * Opens a PostgreSQL database and brings its schema up to date. Any number of processes may do so
 * concurrently. Rejects with an `Error` that names the database, without user and password, when it
 * cannot be opened.
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
