import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'pg'
import { boundsMs } from './connection.ts'
import { PostgresError } from './error.ts'
import { backOff } from './retry.ts'

/** A writer, which runs one transaction after the other. */
export interface Writer {
  /** UUID of the writer. */
  readonly id: string
  /** Number of its last transaction. */
  attempt: number
}

/**
 * Writers of one process. Each has a row in the database with the number of its last committed
 * transaction. The row shows whether a transaction was committed when COMMIT got no response. (The
 * server's own transaction ids do not: an id that was lost in a crash is used again, and
 * `pg_xact_status` then describes another transaction.)
 */
export interface Writers {
  /**
   * Returns a writer for one transaction, until it is released. A writer whose transaction may
   * still be running is not released.
   */
  acquire(): Writer
  release(writer: Writer): void
}

export const writerTable = `CREATE TABLE IF NOT EXISTS writer (
  id uuid PRIMARY KEY,
  attempt bigint NOT NULL,
  used timestamptz NOT NULL DEFAULT now()
)`

/** Deletes rows of processes that ended. A writer that still exists inserts its row again. */
export const deleteOldWriters = "DELETE FROM writer WHERE used < now() - interval '1 day'"

export function createWriters(): Writers {
  const free: Writer[] = []
  return {
    acquire: () => free.pop() ?? { id: crypto.randomUUID(), attempt: 0 },
    release: (writer) => void free.push(writer),
  }
}

/** Returns the first statement of the writer's next transaction. */
export function attemptStatement(writer: Writer): string {
  writer.attempt++
  return `INSERT INTO writer (id, attempt) VALUES ('${writer.id}', ${writer.attempt})
    ON CONFLICT (id) DO UPDATE SET attempt = excluded.attempt, used = excluded.used`
}

/**
 * Timeout of reading an outcome: more than the server allows an abandoned transaction, in
 * milliseconds.
 */
const outcomeTimeoutMs = boundsMs.idleInTransaction + 5_000

/** Waits while a transaction locks the writer's row, and returns its number unchanged. */
const readAttempt = `INSERT INTO writer (id, attempt) VALUES ($1, 0)
  ON CONFLICT (id) DO UPDATE SET used = excluded.used RETURNING attempt`

/**
 * Returns whether the writer's last transaction was committed. Rejects when that cannot be read in
 * time, or the pool is closed.
 */
export async function wasCommitted(pool: Pool, { id, attempt }: Writer): Promise<boolean> {
  const deadlineMs = performance.now() + outcomeTimeoutMs
  let cause: unknown
  let leftMs: number = outcomeTimeoutMs
  for (let failures = 1; leftMs > 0; failures++) {
    try {
      const query = { text: readAttempt, values: [id], query_timeout: Math.ceil(leftMs) }
      const { rows } = await pool.query<{ attempt: number }>(query)
      return rows[0]?.attempt === attempt
    } catch (error) {
      cause = error
    }
    if (pool.ending) {
      throw new OutcomeUnknownError(new Error('the database has been closed', { cause }))
    }
    await delay(backOff(failures))
    leftMs = deadlineMs - performance.now()
  }
  throw new OutcomeUnknownError(cause)
}

/**
 * Thrown when it is unknown whether a write took effect. The write is not repeated. The cause is
 * the error of reading the outcome.
 */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError'
  /** True as in a `PostgresError` of a lost connection: the caller may check, and retry. */
  readonly temporary = true

  constructor(cause: unknown) {
    const { reason } = new PostgresError(cause)
    const what = 'the connection to the database was lost during COMMIT, and the outcome is unknown'
    super(`${what}: ${reason}`, { cause })
  }
}
