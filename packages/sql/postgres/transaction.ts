import type { Pool, PoolClient } from 'pg'
import { boundsMs, type Query, queryBy, requireOpen } from './connection.ts'
import { PostgresError } from './error.ts'
import { retrying } from './retry.ts'
import { attemptStatement, type Writer, type Writers, wasCommitted } from './writers.ts'

export interface TransactionOptions {
  /**
   * Timeout of the whole transaction and of each statement, in milliseconds. Default: those of
   * `boundsMs`.
   */
  readonly timeoutMs?: number
}

/** Statements of a transaction. Called again when the transaction is repeated. */
export type TransactionBody<T> = (query: Query) => Promise<T>

/**
 * Runs the body in one transaction (READ COMMITTED). Commits when the body resolves, and rolls back
 * when it rejects. After a conflict or a lost connection, the transaction is repeated. When the
 * connection is lost during COMMIT, the server is asked for the outcome, and a committed
 * transaction is not repeated. Without writers the outcome cannot be read, and the transaction is
 * always repeated.
 */
export function transact<T>(
  pool: Pool,
  writers: Writers | undefined,
  body: TransactionBody<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return retrying(async () => {
    const { result, doubt } = await attempt(pool, writers, body, options)
    if (doubt === undefined) return result
    const committed = doubt.writer !== undefined && (await wasCommitted(pool, doubt.writer))
    if (doubt.writer) writers?.release(doubt.writer)
    if (committed) return result
    throw doubt.error
  })
}

interface Outcome<T> {
  readonly result: T
  /** Present when it is unknown whether the transaction was committed. */
  readonly doubt?: { readonly error: PostgresError; readonly writer: Writer | undefined }
}

async function attempt<T>(
  pool: Pool,
  writers: Writers | undefined,
  body: TransactionBody<T>,
  { timeoutMs }: TransactionOptions,
): Promise<Outcome<T>> {
  const client = await checkOut(pool)
  const writer = writers?.acquire()
  // Ends the statement in flight with an error, and so the transaction.
  const timer = setTimeout(() => void client.end(), timeoutMs ?? boundsMs.transaction)
  let usable = false
  try {
    await begin(client, writer, timeoutMs)
    const result = await body(queryBy(client, timeoutMs))
    const doubt = await commit(client)
    usable = doubt === undefined
    return doubt === undefined ? { result } : { result, doubt: { error: doubt, writer } }
  } catch (error) {
    usable = !isLost(error) && (await rollBack(client))
    throw error
  } finally {
    clearTimeout(timer)
    client.removeListener('error', ignoreError)
    client.release(!usable)
    // After a lost connection, the server may still lock the writer's row, and the next transaction
    // would wait for it.
    if (writer !== undefined && usable) writers?.release(writer)
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

/** Ignores error events. The promise of the current or the next statement rejects. */
function ignoreError(): void {}

async function begin(
  client: PoolClient,
  writer: Writer | undefined,
  timeoutMs: number | undefined,
): Promise<void> {
  const statements = ['BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE']
  if (timeoutMs !== undefined) statements.push(`SET LOCAL statement_timeout = ${timeoutMs}`)
  if (writer !== undefined) statements.push(attemptStatement(writer))
  await queryBy(client)({ text: statements.join('; ') })
}

/**
 * Commits. Returns the error that leaves the outcome unknown. Rejects when the transaction was not
 * committed.
 */
async function commit(client: PoolClient): Promise<PostgresError | undefined> {
  try {
    const { command } = await client.query('COMMIT')
    if (command !== 'COMMIT') throw new Error(`the server responded to COMMIT with ${command}`)
    return undefined
  } catch (cause) {
    const error = new PostgresError(cause)
    if (isLost(error)) return error
    throw error
  }
}

/** Returns whether the connection is lost. The server then rolls back by itself. */
function isLost(error: unknown): boolean {
  return error instanceof PostgresError && error.failure === 'lost'
}

/** Rolls back. Returns whether the client may be used again. */
async function rollBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK')
    return true
  } catch {
    // The connection was lost meanwhile. The caller throws the first error.
    return false
  }
}
