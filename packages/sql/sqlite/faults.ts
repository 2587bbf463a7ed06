import { type SqliteError, type SqliteFailure, sqliteFailures } from './error.ts'

/** What is wrong with the SQLite files of a service. */
export interface SqliteFaults {
  /** Why a file cannot be read or written now; undefined when all can. */
  failing(): string | undefined
  /** Which file is damaged or gone; undefined when none is known to be. It stays so until the restart. */
  damaged(): string | undefined
  /** How often each failure was met since the process started, also by the tests whether it lasts. */
  counts(): ReadonlyMap<SqliteFailure, number>
  /** Adds a file. `retest` writes to it, and throws when that is not possible. */
  follow(options: FollowOptions): FileFaults
}

export interface FollowOptions {
  /** Called every second while the file cannot be written. */
  readonly retest: () => void
}

/** What is wrong with one file. */
export interface FileFaults extends Disposable {
  /** Reports that a step has failed. */
  failed(error: SqliteError): void
  /** Reports that the file has been written. */
  written(): void
}

export interface SqliteFaultsOptions {
  /** Called when a file begins to fail. */
  readonly onFault?: (error: SqliteError) => void
}

const retestIntervalMs = 1_000

/** Follows what fails and what works again. */
export function createSqliteFaults({ onFault }: SqliteFaultsOptions = {}): SqliteFaults {
  const counts = new Map<SqliteFailure, number>(sqliteFailures.map((failure) => [failure, 0]))
  const files = new Set<{ readonly error: () => SqliteError | undefined }>()

  function follow({ retest }: FollowOptions): FileFaults {
    let present: SqliteError | undefined
    let timer: ReturnType<typeof setInterval> | undefined
    const file = { error: () => present }
    files.add(file)

    function settle(error: SqliteError | undefined): void {
      present = error
      clearInterval(timer)
      if (error?.temporary) timer = setInterval(test, retestIntervalMs).unref()
    }

    function test(): void {
      try {
        retest()
        settle(undefined)
      } catch {
        // It has been reported by whoever runs the statements, and the next test follows.
      }
    }

    return {
      failed(error) {
        counts.set(error.failure, (counts.get(error.failure) ?? 0) + 1)
        if (present?.dataLoss || present?.failure === error.failure) return
        settle(error)
        onFault?.(error)
      },
      written() {
        if (present?.temporary) settle(undefined)
      },
      [Symbol.dispose]() {
        clearInterval(timer)
        files.delete(file)
      },
    }
  }

  function reasons(): SqliteError[] {
    return [...files].flatMap(({ error }) => error() ?? [])
  }

  return {
    follow,
    counts: () => counts,
    failing: () => reasons().find(({ temporary }) => temporary)?.message,
    damaged: () => reasons().find(({ dataLoss }) => dataLoss)?.message,
  }
}
