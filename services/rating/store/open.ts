import { parseDatabaseUrl, prepareFolder } from '@marquee/sql/database-url'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import type { Prior } from '../rating.ts'
import type { ChangeSink, RatingStore } from './port.ts'

export interface OpenRatingStoreOptions {
  readonly prior: Prior
  /** Called with what an operator should know. */
  readonly onWarning?: (message: string) => void
  /** Where failures of an SQLite file are reported. */
  readonly faults?: SqliteFaults
}

/**
 * Opens the store that the URL names: `memory:`, `sqlite:PATH`, whose folder is created when it is absent, or
 * `postgres://…`, whose tables are.
 */
export async function openRatingStore(
  url: string,
  options: OpenRatingStoreOptions,
): Promise<RatingStore & ChangeSink> {
  const database = parseDatabaseUrl(url)
  switch (database.kind) {
    case 'memory': {
      const { createMemoryRatingStore } = await import('./memory.ts')
      return createMemoryRatingStore(options)
    }
    case 'sqlite': {
      await prepareFolder(database.path)
      const { createSqliteRatingStore } = await import('./sqlite.ts')
      return createSqliteRatingStore({ ...options, path: database.path })
    }
    case 'postgres': {
      const { openPostgresRatingStore } = await import('./postgres.ts')
      return openPostgresRatingStore({ ...options, url: database.url })
    }
  }
}
