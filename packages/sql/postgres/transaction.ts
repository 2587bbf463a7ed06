import type { Pool, PoolClient } from 'pg'
import { boundsMs, type Query, queryBy, requireOpen } from './connection.ts'
import { PostgresError } from './error.ts'
import { retrying } from './retry.ts'
import { signAs, type Writer, type Writers, wasCommitted } from './writers.ts'

export interface TransactionOptions {
  /** For the whole and each of its statements, in milliseconds, in place of the bounds of every transaction. */
  readonly timeoutMs?: number
}

/** What a transaction does. May be called again when the first time came to nothing. */
export type TransactionBody<T> = (query: Query) => Promise<T>

/**
 * Runs the body in one transaction (READ COMMITTED), committed when it resolves, rolled back when it rejects. A conflict
 * and a lost connection repeat it. When the connection is lost while it commits, the server is asked what came of it,
 * and what was committed is not repeated. Without writers it cannot be asked, and it is repeated in any case.
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
    if (doubt.writer) writers?.giveBack(doubt.writer)
    if (committed) return result
    throw doubt.error
  })
}

interface Ending<T> {
  readonly result: T
  /** Present when it is not known whether the transaction was committed. */
  readonly doubt?: { readonly error: PostgresError; readonly writer: Writer | undefined }
}

async function attempt<T>(
  pool: Pool,
  writers: Writers | undefined,
  body: TransactionBody<T>,
  { timeoutMs }: TransactionOptions,
): Promise<Ending<T>> {
  const client = await checkOut(pool)
  const writer = writers?.take()
  // Ends the statement at hand with an error, and with it the transaction.
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
    // After a lost connection the server may still hold the writer's row, and the next one would wait for it.
    if (writer !== undefined && usable) writers?.giveBack(writer)
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

async function begin(
  client: PoolClient,
  writer: Writer | undefined,
  timeoutMs: number | undefined,
): Promise<void> {
  const statements = ['BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE']
  if (timeoutMs !== undefined) statements.push(`SET LOCAL statement_timeout = ${timeoutMs}`)
  if (writer !== undefined) statements.push(signAs(writer))
  await queryBy(client)({ text: statements.join('; ') })
}

/** Answers the error that leaves it in doubt whether the transaction was committed; rejects when it was not. */
async function commit(client: PoolClient): Promise<PostgresError | undefined> {
  try {
    const { command } = await client.query('COMMIT')
    if (command !== 'COMMIT') throw new Error(`COMMIT was answered by ${command}`)
    return undefined
  } catch (cause) {
    const error = new PostgresError(cause)
    if (isLost(error)) return error
    throw error
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
