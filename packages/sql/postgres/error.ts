import { DatabaseError } from 'pg'

/**
 * - `conflict`: the server has rolled back because of what others did at the same time.
 * - `lost`: there was no connection to be had, or it has ended or is of no use, or the answer did not come in time.
 * - `refused`: the server has said no, and would say so again if it were asked at once.
 */
export type PostgresFailure = 'conflict' | 'lost' | 'refused'

/** A failure of the database. Its cause is the driver's error. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError'
  readonly failure: PostgresFailure
  /** What the driver or the server says. */
  readonly reason: string
  /** Whether trying again later may help: then a call that failed by it is `UNAVAILABLE` (packages/connect-hono/errors/errors.ts). */
  readonly temporary: boolean

  constructor(cause: unknown) {
    const failure = failureOf(cause)
    const reason = reasonOf(cause)
    const verdict = failure === 'lost' ? 'does not answer' : 'refuses'
    super(`the database ${verdict}: ${reason}`, { cause })
    this.failure = failure
    this.reason = reason
    this.temporary = failure !== 'refused' || isOverloaded(cause)
  }
}

/** Codes are SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const conflict = /^40(001|P01)$/
/**
 * What comes with the end of the connection, or instead of one: class 08, too many connections, shut down, starting up,
 * idle for too long. And read-only: a server that another has taken over from, which a new connection may find.
 */
const endOfConnection = /^(08...|53300|57P0[1-5]|25P0[34]|25006)$/
/** The server refuses for now: too slow, a lock that others hold, no disk or memory left, a failure of its disk. */
const overloaded = /^(57014|55P03|53100|53200|58030)$/

function failureOf(error: unknown): PostgresFailure {
  // An answer that could not be read.
  if (error instanceof RangeError) return 'refused'
  // What is not from the server is from the socket, or from a timer of the driver.
  if (!(error instanceof DatabaseError)) return 'lost'
  if (conflict.test(error.code ?? '')) return 'conflict'
  return endOfConnection.test(error.code ?? '') ? 'lost' : 'refused'
}

function isOverloaded(error: unknown): boolean {
  return error instanceof DatabaseError && overloaded.test(error.code ?? '')
}

/** Node tells of a host with several addresses by an error without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0])
  if (error instanceof Error) return error.message || (error as NodeJS.ErrnoException).code || ''
  return String(error)
}
