/**
 * - `busy`: another process has locked the file.
 * - `full`: there is no room left on the disk, or in the file.
 * - `readonly`: the file or its folder cannot be written.
 * - `io`: the disk failed, or the file cannot be reached.
 * - `damaged`: what is in the file is no database, or not a whole one.
 * - `gone`: the file was removed or replaced while it is in use.
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

/** A failure of the database's file, or of what it is on. Its cause is the runtime's error. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError'
  readonly failure: SqliteFailure
  /** Whether trying again later may help: then a call that failed by it is `UNAVAILABLE` (packages/connect-hono/errors/errors.ts). */
  readonly temporary: boolean
  /** Whether data is lost: then the call is `DATA_LOSS`. */
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
      return `there is no room left for the database ${path}: ${reason}`
    case 'readonly':
      return `the database ${path} cannot be written, look at its owner and mode: ${reason}`
    case 'io':
      return `the database ${path} cannot be reached on its disk: ${reason}`
    case 'damaged':
      return `the database ${path} is damaged, restore a backup of it: ${reason}`
    case 'gone':
      return `the database ${path} is in use and not there, bring it back and restart: ${reason}`
  }
}

/** Primary result codes (https://sqlite.org/rescode.html), and the texts of the errors that Deno gives no code to. */
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

/** What an error of `node:sqlite` is a sign of; undefined for a mistake in a statement, and for any other error. */
export function failureOf(error: unknown): SqliteFailure | undefined {
  if (error instanceof SqliteError) return error.failure
  const { code, errcode, message } = error as Error & { code?: string; errcode?: number }
  if (code !== 'ERR_SQLITE_ERROR') return undefined
  return errcode === undefined ? failureByText[message] : failureByCode[errcode & 0xff]
}
