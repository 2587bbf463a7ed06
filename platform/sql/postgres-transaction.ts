import { setTimeout as delay } from 'node:timers/promises'
import type { Pool, PoolClient, QueryResult } from 'pg'
import { boundsMs, type Query, queryBy, requireOpen } from './postgres-connection.ts'
import { PostgresError } from './postgres-error.ts'
import { backOff, retrying } from './postgres-retry.ts'

export interface TransactionOptions {
  /** For the whole and each of its statements, in milliseconds, in place of the bounds of every transaction. */
  readonly timeoutMs?: number
}

/** What a transaction does. May be called again when the first time came to nothing. */
export type TransactionBody<T> = (query: Query) => Promise<T>

/** Longer than a transaction that nobody ends lives at the server. */
const outcomeTimeoutMs = boundsMs.idleInTransaction + 5_000

/**
 * Runs the body in one transaction (READ COMMITTED), committed when it resolves, rolled back when it rejects. A conflict
 * and a lost connection repeat it. When the connection is lost while it commits, the server is asked afterwards what
 * came of it (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT): what is committed is
 * not repeated.
 */
export function transact<T>(
  pool: Pool,
  body: TransactionBody<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return retrying(async () => {
    const ending = await attempt(pool, body, options)
    if (ending.committed) return ending.result
    if (await wasCommitted(pool, ending)) return ending.result
    throw new PostgresError(ending.cause)
  })
}

type Ending<T> =
  | { readonly committed: true; readonly result: T }
  | { readonly committed: false; readonly result: T; readonly id: string; readonly cause: unknown }

async function attempt<T>(
  pool: Pool,
  body: TransactionBody<T>,
  { timeoutMs }: TransactionOptions,
): Promise<Ending<T>> {
  const client = await checkOut(pool)
  // Ends the statement at hand with an error, and with it the transaction.
  const timer = setTimeout(() => void client.end(), timeoutMs ?? boundsMs.transaction)
  let usable = false
  try {
    const id = await begin(client, timeoutMs)
    const result = await body(queryBy(client, timeoutMs))
    const ending = await commit(client, id, result)
    usable = ending.committed
    return ending
  } catch (error) {
    usable = !isLost(error) && (await rollBack(client))
    throw error
  } finally {
    clearTimeout(timer)
    client.removeListener('error', ignoreError)
    client.release(!usable)
  }
}

async function checkOut(pool: Pool): Promise<PoolClient> {
  requireOpen(pool)
  try {
    const client = await pool.connect()
    client.on('error', ignoreError)
    return client
  } catch (cause) {
    throw new PostgresError(cause)
  }
}

/** Whoever waits for a statement is told by its promise; whoever does not, by that of the next one. */
function ignoreError(): void {}

/** Answers the transaction's id. */
async function begin(client: PoolClient, timeoutMs: number | undefined): Promise<string> {
  const bound = timeoutMs === undefined ? '' : `SET LOCAL statement_timeout = ${timeoutMs};`
  const text = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${bound}
    SELECT pg_current_xact_id()::text AS id`
  try {
    const results = (await client.query(text)) as unknown as QueryResult<{ id: string }>[]
    return results.at(-1)?.rows[0]?.id ?? ''
  } catch (cause) {
    throw new PostgresError(cause)
  }
}

async function commit<T>(client: PoolClient, id: string, result: T): Promise<Ending<T>> {
  try {
    const { command } = await client.query('COMMIT')
    if (command !== 'COMMIT') throw new Error(`COMMIT was answered by ${command}`)
    return { committed: true, result }
  } catch (cause) {
    const error = new PostgresError(cause)
    if (error.failure !== 'lost') throw error
    return { committed: false, result, id, cause }
  }
}

/** The server rolls back by itself what loses its connection. */
function isLost(error: unknown): boolean {
  return error instanceof PostgresError && error.failure === 'lost'
}

/** Whether the client may be used again. */
async function rollBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK')
    return true
  } catch {
    // It was lost meanwhile; the error that led here is the one to tell.
    return false
  }
}

async function wasCommitted(
  pool: Pool,
  { id, cause }: { id: string; cause: unknown },
): Promise<boolean> {
  const deadlineMs = performance.now() + outcomeTimeoutMs
  const text = 'SELECT pg_xact_status($1::xid8) AS status'
  let reason = ''
  for (let attempt = 1; performance.now() < deadlineMs; attempt++) {
    try {
      const status = (await pool.query(text, [id])).rows[0]?.status
      if (status === 'committed' || status === 'aborted') return status === 'committed'
      reason = `the transaction is ${status}`
    } catch (error) {
      reason = new PostgresError(error).reason
    }
    await delay(backOff(attempt))
  }
  const message =
    'the database has lost the connection while it committed, and does not say whether'
  throw new Error(`${message} it did: ${reason}`, { cause })
}
