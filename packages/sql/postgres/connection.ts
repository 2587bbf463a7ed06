import { Client, type ClientBase, type ClientConfig, type Pool, type QueryResult, types } from 'pg'
import { PostgresError } from './error.ts'
import { beginSession, type SessionSettings, takeSettings } from './session.ts'

/** How long the parts of a conversation with Postgres may take, in milliseconds. */
export const boundsMs = {
  /** To connect, or to wait until a connection of the pool is free. */
  connect: 5_000,
  /** One statement, at the server. */
  statement: 10_000,
  /** One statement as the client sees it: for the server that cannot say any more that it was too long. */
  query: 12_000,
  /** One transaction, from begin to commit. */
  transaction: 20_000,
  /** Between two statements of a transaction, at the server: what a client that is gone holds up others for. */
  idleInTransaction: 10_000,
  /** Until a silent connection is probed (TCP keepalive). */
  keepAlive: 10_000,
  /** Until an unused connection of the pool is closed. */
  idleConnection: 30_000,
  /** To end a connection in good order. */
  close: 1_000,
} as const

export type Row = Readonly<Record<string, unknown>>

export interface Statement {
  /** Prepared once for each connection under this name, which stands for this text and no other. */
  readonly name?: string
  readonly text: string
}

/** Runs a statement, and answers its rows. Rejects with a `PostgresError`. */
export type Query = (statement: Statement, values?: readonly unknown[]) => Promise<readonly Row[]>

export interface ConnectConfig {
  readonly client: ClientConfig
  /** To be made on each new connection, by `beginSession`. */
  readonly settings: SessionSettings
}

/**
 * How the driver connects. The URL wins: it may name `application_name`, `statement_timeout` and what else the driver
 * knows (https://node-postgres.com/apis/client).
 * @param schemaName where tables are looked for and made, unless the `options` of the URL say otherwise.
 */
export function connectConfig(url: string, schemaName?: string): ConnectConfig {
  const taken = takeSettings(url)
  const settings = {
    ...(schemaName && { search_path: schemaName }),
    statement_timeout: `${boundsMs.statement}`,
    idle_in_transaction_session_timeout: `${boundsMs.idleInTransaction}`,
    ...taken.settings,
  }
  return { client: clientConfig(taken.url), settings }
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

/** Queries by this client. `timeoutMs` replaces the bound of the client's side. */
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

/** Several statements in one text have none. */
function rowsOf(result: QueryResult | QueryResult[]): readonly Row[] {
  return Array.isArray(result) ? [] : result.rows
}

/** Throws when the pool has been ended: to use it then is a mistake. */
export function requireOpen(pool: Pool): void {
  if (pool.ending) throw new Error('the database has been closed')
}

/** A connection that belongs to nobody else. */
export interface Connection extends AsyncDisposable {
  readonly query: Query
  readonly client: Client
}

/** Connects outside of the pool; `schemaName` as in `connectConfig`. Rejects with a `PostgresError`. */
export async function connect(url: string, schemaName?: string): Promise<Connection> {
  const config = connectConfig(url, schemaName)
  const client = new Client(config.client)
  // Whoever uses the client is told by its promises; an error without a listener would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await beginSession(client, config.settings)
  } catch (cause) {
    client.connection.stream.destroy()
    throw new PostgresError(cause)
  }
  return { client, query: queryBy(client), [Symbol.asyncDispose]: () => close(client) }
}

/** Says goodbye, and hangs up on who does not answer it. */
async function close(client: Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), boundsMs.close)
  await client.end()
  clearTimeout(timer)
}

const int8Oid = types.builtins.INT8

/** int8 as a number: all of ours are counts, times and offsets. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === int8Oid && format !== 'binary' ? toSafeInteger : types.getTypeParser(oid, format)
}

function toSafeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new RangeError(`${text} is too large for a number`)
}
