import { parseDatabaseUrl, prepareFolder } from '@marquee/sql/database-url'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import type { ScoringRules } from '../scoring.ts'
import type { RatingDatabase } from './database.ts'

export interface OpenRatingStoreOptions {
  readonly rules: ScoringRules
  /** Called with messages for the operator. */
  readonly onWarning?: (message: string) => void
  /** Receives the failures of an SQLite file. */
  readonly faults?: SqliteFaults
  /**
   * True when other workers of the service may have the SQLite file open. It is then not checked,
   * and no reason for a warning. Default: false.
   */
  readonly isSharedByWorkers?: boolean
}

/**
 * Opens the store at the URL: `memory:`, `sqlite:PATH` or `postgres://…`. Creates the folder of an
 * SQLite file, and the tables, when they do not exist.
 */
export async function openRatingStore(
  url: string,
  options: OpenRatingStoreOptions,
): Promise<RatingDatabase> {
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
