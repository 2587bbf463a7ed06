import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { failureOf, SqliteError } from './error.ts'

/**
 * Converts failures of the file into `SqliteError`s, in every statement, and reports them. `busy`
 * is not reported, because it may pass while a writer waits.
 */
export function guard(db: DatabaseSync, path: string, report: (error: SqliteError) => void): void {
  const translate = (error: unknown): unknown => {
    const failure = failureOf(error)
    if (failure === undefined || error instanceof SqliteError) return error
    const translated = new SqliteError(path, failure, error as Error)
    if (failure !== 'busy') report(translated)
    return translated
  }
  const prepare = db.prepare.bind(db)
  guardMethod(db, 'exec', translate)
  db.prepare = (text, ...rest) => {
    try {
      return guardStatement(prepare(text, ...rest), translate)
    } catch (error) {
      throw translate(error)
    }
  }
}

function guardStatement(statement: StatementSync, translate: Translate): StatementSync {
  for (const name of ['all', 'get', 'run'] as const) guardMethod(statement, name, translate)
  return statement
}

type Translate = (error: unknown) => unknown

function guardMethod<Name extends string>(
  object: Readonly<Record<Name, unknown>>,
  name: Name,
  translate: Translate,
): void {
  const method = object[name] as (...values: unknown[]) => unknown
  const guarded = (...values: unknown[]) => {
    try {
      return method.apply(object, values)
    } catch (error) {
      throw translate(error)
    }
  }
  Object.defineProperty(object, name, { value: guarded, configurable: true })
}
