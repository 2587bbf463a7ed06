import { Client, type ClientBase, type ClientConfig, type Pool, type QueryResult, types } from 'pg'
import { PostgresError } from './error.ts'
import { beginSession, extractParameters, type SessionParameters } from './session.ts'

/** Timeouts of a connection to Postgres, in milliseconds. */
export const boundsMs = {
  /** Connecting, or waiting for a free connection of the pool. */
  connect: 5_000,
  /** One statement, enforced by the server. */
  statement: 10_000,
  /** One statement, enforced by the client, for a server that no longer responds. */
  query: 12_000,
  /** One transaction, from begin to commit. */
  transaction: 20_000,
  /**
   * Idle time within a transaction, enforced by the server. A client that disappeared blocks others
   * for that long.
   */
  idleInTransaction: 10_000,
  /** Idle time until a connection is probed (TCP keepalive). */
  keepAlive: 10_000,
  /** Idle time until a connection of the pool is closed. */
  idleConnection: 30_000,
  /** Closing a connection gracefully. */
  close: 1_000,
} as const

export type Row = Readonly<Record<string, unknown>>

export interface Statement {
  /**
   * Name under which the statement is prepared once per connection. It must stand for one text
   * only.
   */
  readonly name?: string
  readonly text: string
}

/** Runs a statement, and returns its rows. Rejects with a `PostgresError`. */
export type Query = (statement: Statement, values?: readonly unknown[]) => Promise<readonly Row[]>

export interface ConnectConfig {
  readonly client: ClientConfig
  /** Parameters for `beginSession` to set on each new connection. */
  readonly parameters: SessionParameters
}

/**
 * Returns the options of the driver. The URL takes precedence: it may set `application_name`,
 * `statement_timeout` and whatever the driver supports (https://node-postgres.com/apis/client).
 * @param schemaName Schema of the tables, unless the `options` of the URL name another.
 */
export function connectConfig(url: string, schemaName?: string): ConnectConfig {
  const extracted = extractParameters(url)
  const parameters = {
    ...(schemaName && { search_path: schemaName }),
    statement_timeout: `${boundsMs.statement}`,
    idle_in_transaction_session_timeout: `${boundsMs.idleInTransaction}`,
    ...extracted.parameters,
  }
  return { client: clientConfig(extracted.url), parameters }
}

function clientConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    fallback_application_name: 'marquee',
    connectionTimeoutMillis: boundsMs.connect,
    query_timeout: boundsMs.query,
    keepAlive: true,
    keepAliveInitialDelayMillis: boundsMs.keepAlive,
    types: { getTypeParser },
  }
}

/**
 * Returns a function that queries by this client. `timeoutMs` replaces the timeout that the client
 * enforces.
 */
export function queryBy(client: ClientBase, timeoutMs?: number): Query {
  return async ({ name, text }, values = []) => {
    const bound = timeoutMs === undefined ? {} : { query_timeout: timeoutMs }
    try {
      const config = { ...(name !== undefined && { name }), text, values: [...values], ...bound }
      return rowsOf(await client.query(config))
    } catch (cause) {
      throw new PostgresError(cause)
    }
  }
}

/** Returns no rows for several statements in one text. */
function rowsOf(result: QueryResult | QueryResult[]): readonly Row[] {
  return Array.isArray(result) ? [] : result.rows
}

/** Throws when the pool has been closed, which is a mistake of the caller. */
export function requireOpen(pool: Pool): void {
  if (pool.ending) throw new Error('the database has been closed')
}

/** A connection outside of the pool. */
export interface Connection extends AsyncDisposable {
  readonly query: Query
  readonly client: Client
}

/**
 * Opens a connection outside of the pool; `schemaName` as in `connectConfig`. Rejects with a
 * `PostgresError`.
 */
export async function connect(url: string, schemaName?: string): Promise<Connection> {
  const config = connectConfig(url, schemaName)
  const client = new Client(config.client)
  // Errors reach the caller by promises. An error event without a listener would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await beginSession(client, config.parameters)
  } catch (cause) {
    client.connection.stream.destroy()
    throw new PostgresError(cause)
  }
  return { client, query: queryBy(client), [Symbol.asyncDispose]: () => close(client) }
}

/** Closes the connection, and destroys it when the server does not respond. */
async function close(client: Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), boundsMs.close)
  await client.end()
  clearTimeout(timer)
}

const int8Oid = types.builtins.INT8

/** Parses int8 as a number: all of ours are counts, times and offsets. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === int8Oid && format !== 'binary' ? toSafeInteger : types.getTypeParser(oid, format)
}

function toSafeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new RangeError(`${text} is too large for a number: it must be a safe integer`)
}
