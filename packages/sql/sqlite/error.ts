/**
 * Kind of a failure.
 * - `busy`: another process has locked the file.
 * - `full`: the disk or the file is full.
 * - `readonly`: the file or its folder is not writable.
 * - `io`: the disk failed, or the file is not reachable.
 * - `damaged`: the file is not a database, or not an intact one.
 * - `gone`: the file was removed or replaced while in use.
 */
export type SqliteFailure = 'busy' | 'full' | 'readonly' | 'io' | 'damaged' | 'gone'

export const sqliteFailures: readonly SqliteFailure[] = [
  'busy',
  'full',
  'readonly',
  'io',
  'damaged',
  'gone',
]

/** Thrown when the database's file or its disk fails. Its cause is the runtime's error. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError'
  readonly failure: SqliteFailure
  /**
   * True when a retry may help. A call that failed by it is then `UNAVAILABLE`
   * (packages/connect-hono/errors/errors.ts).
   */
  readonly temporary: boolean
  /** True when data is lost. The call is then `DATA_LOSS`. */
  readonly dataLoss: boolean

  constructor(path: string, failure: SqliteFailure, cause: Error) {
    super(describe(path, failure, cause.message), { cause })
    this.failure = failure
    this.dataLoss = failure === 'damaged' || failure === 'gone'
    this.temporary = !this.dataLoss
  }
}

function describe(path: string, failure: SqliteFailure, reason: string): string {
  switch (failure) {
    case 'busy':
      return `another process has locked the database ${path}: ${reason}`
    case 'full':
      return `the disk of the database ${path} is full, free some space: ${reason}`
    case 'readonly':
      return `the database ${path} is not writable, check its owner and mode: ${reason}`
    case 'io':
      return `the database ${path} is not reachable, check its disk: ${reason}`
    case 'damaged':
      return `the database ${path} is damaged, restore a backup: ${reason}`
    case 'gone':
      return `the file of the database ${path} is gone, put it back and restart: ${reason}`
  }
}

/**
 * Failures by primary result code (https://sqlite.org/rescode.html), and by message for Deno's
 * errors without a code.
 */
const failureByCode: Readonly<Record<number, SqliteFailure>> = {
  5: 'busy',
  6: 'busy',
  8: 'readonly',
  10: 'io',
  11: 'damaged',
  13: 'full',
  14: 'io',
  26: 'damaged',
}
const failureByText: Readonly<Record<string, SqliteFailure>> = {
  'database is locked': 'busy',
  'database table is locked': 'busy',
  'attempt to write a readonly database': 'readonly',
  'disk I/O error': 'io',
  'database disk image is malformed': 'damaged',
  'database or disk is full': 'full',
  'unable to open database file': 'io',
  'file is not a database': 'damaged',
}

/**
 * Returns the failure that an error of `node:sqlite` shows. `undefined` for a mistake in a
 * statement, and for any other error.
 */
export function failureOf(error: unknown): SqliteFailure | undefined {
  if (error instanceof SqliteError) return error.failure
  const { code, errcode, message } = error as Error & { code?: string; errcode?: number }
  if (code !== 'ERR_SQLITE_ERROR') return undefined
  return errcode === undefined ? failureByText[message] : failureByCode[errcode & 0xff]
}
