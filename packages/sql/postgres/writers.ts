import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'pg'
import { boundsMs } from './connection.ts'
import { PostgresError } from './error.ts'
import { backOff } from './retry.ts'

/** Who writes, one transaction after the other. */
export interface Writer {
  /** A UUID. */
  readonly id: string
  /** The number of its last transaction. */
  attempt: number
}

/**
 * Writers of one process, each with a row in the database that says which of its transactions was committed last. That
 * tells what became of one whose COMMIT was not answered. (The server's own ids of transactions do not: one that was
 * lost in a crash is given again, and `pg_xact_status` then tells of another.)
 */
export interface Writers {
  /** A writer for one transaction, until it is given back. One whose transaction may still be under way is not. */
  take(): Writer
  giveBack(writer: Writer): void
}

export const writerTable = `CREATE TABLE IF NOT EXISTS writer (
  id uuid PRIMARY KEY,
  attempt bigint NOT NULL,
  used timestamptz NOT NULL DEFAULT now()
)`

/** Removes what processes have left that are gone. A writer that still is makes its row anew. */
export const forgetWriters = "DELETE FROM writer WHERE used < now() - interval '1 day'"

export function createWriters(): Writers {
  const free: Writer[] = []
  return {
    take: () => free.pop() ?? { id: crypto.randomUUID(), attempt: 0 },
    giveBack: (writer) => void free.push(writer),
  }
}

/** The first statement of the writer's next transaction. */
export function signAs(writer: Writer): string {
  writer.attempt++
  return `INSERT INTO writer (id, attempt) VALUES ('${writer.id}', ${writer.attempt})
    ON CONFLICT (id) DO UPDATE SET attempt = excluded.attempt, used = excluded.used`
}

/** Longer than a transaction that nobody ends lives at the server. */
const outcomeTimeoutMs = boundsMs.idleInTransaction + 5_000

/** Waits for the writer's row as long as its transaction holds it, then leaves the number as it is. */
const askFor = `INSERT INTO writer (id, attempt) VALUES ($1, 0)
  ON CONFLICT (id) DO UPDATE SET used = excluded.used RETURNING attempt`

/** Whether the writer's last transaction was committed. Rejects when it cannot be found out in time, or the pool ends. */
export async function wasCommitted(pool: Pool, { id, attempt }: Writer): Promise<boolean> {
  const deadlineMs = performance.now() + outcomeTimeoutMs
  let cause: unknown
  let leftMs: number = outcomeTimeoutMs
  for (let failures = 1; leftMs > 0; failures++) {
    try {
      const question = { text: askFor, values: [id], query_timeout: Math.ceil(leftMs) }
      const { rows } = await pool.query<{ attempt: number }>(question)
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

/** Whether a write took effect is not known, so that it is not repeated here. Its cause is why it is not known. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError'
  /** As in a `PostgresError` that is lost: who called may look, and call again. */
  readonly temporary = true

  constructor(cause: unknown) {
    const { reason } = new PostgresError(cause)
    const what = 'the database was lost while it committed, and whether it did is not known'
    super(`${what}: ${reason}`, { cause })
  }
}
