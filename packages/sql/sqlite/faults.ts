import { type SqliteError, type SqliteFailure, sqliteFailures } from './error.ts'

/** Current faults of a service's SQLite files. */
export interface SqliteFaults {
  /** Returns why a file cannot currently be read or written. `undefined` when all can. */
  failing(): string | undefined
  /** Returns which file is damaged or gone, until the restart. `undefined` when none is. */
  damaged(): string | undefined
  /** Returns how often each failure occurred since the process started, including retests. */
  counts(): ReadonlyMap<SqliteFailure, number>
  /** Adds a file. `retest` writes to it, and throws when the file is not writable. */
  follow(options: FollowOptions): FileFaults
}

export interface FollowOptions {
  /** Called every second while the file is not writable. */
  readonly retest: () => void
}

/** Reports of one file. */
export interface FileFaults extends Disposable {
  /** Reports that a statement failed. */
  failed(error: SqliteError): void
  /** Reports that a write succeeded. */
  written(): void
}

export interface SqliteFaultsOptions {
  /** Called when a file begins to fail. */
  readonly onFault?: (error: SqliteError) => void
}

const retestIntervalMs = 1_000

/** Creates a record of faults, which retests files that are not writable. */
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
        // The failing statement has reported it, and the next retest follows.
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
