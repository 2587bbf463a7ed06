import { DatabaseError } from 'pg'

/**
 * Kind of a failure.
 * - `conflict`: the server rolled back because of concurrent transactions.
 * - `lost`: no connection is available, it ended or is unusable, or the response did not come in
 *   time.
 * - `refused`: the server rejected the statement, and would do so again immediately.
 */
export type PostgresFailure = 'conflict' | 'lost' | 'refused'

/** Thrown when the database fails. Its cause is the driver's error. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError'
  readonly failure: PostgresFailure
  /** Message of the driver or the server. */
  readonly reason: string
  /**
   * True when a retry may help. A call that failed by it is then `UNAVAILABLE`
   * (packages/connect-hono/errors/errors.ts).
   */
  readonly temporary: boolean

  constructor(cause: unknown) {
    const failure = failureOf(cause)
    const reason = reasonOf(cause)
    const verdict = failure === 'lost' ? 'is unavailable' : 'rejected a statement'
    super(`the database ${verdict}: ${reason}`, { cause })
    this.failure = failure
    this.reason = reason
    this.temporary = failure !== 'refused' || isOverloaded(cause)
  }
}

/** SQLSTATE codes of conflicts (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const conflict = /^40(001|P01)$/
/**
 * SQLSTATE codes of a connection that ends or is not accepted: class 08, too many connections,
 * shutdown, start-up, idle timeout. Also read-only: another server has taken over from this one,
 * and a new connection may reach it.
 */
const endOfConnection = /^(08...|53300|57P0[1-5]|25P0[34]|25006)$/
/**
 * SQLSTATE codes of temporary problems: a timeout, a lock that others hold, no disk space or
 * memory, a disk failure.
 */
const overloaded = /^(57014|55P03|53100|53200|58030)$/

function failureOf(error: unknown): PostgresFailure {
  // A response that could not be parsed.
  if (error instanceof RangeError) return 'refused'
  // Any other error comes from the socket, or from a timer of the driver.
  if (!(error instanceof DatabaseError)) return 'lost'
  if (conflict.test(error.code ?? '')) return 'conflict'
  return endOfConnection.test(error.code ?? '') ? 'lost' : 'refused'
}

function isOverloaded(error: unknown): boolean {
  return error instanceof DatabaseError && overloaded.test(error.code ?? '')
}

/**
 * Returns the message of an error. For a host with several addresses, Node's error has no message.
 */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0])
  if (error instanceof Error) return error.message || (error as NodeJS.ErrnoException).code || ''
  return String(error)
}
