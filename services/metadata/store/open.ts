import { parseDatabaseUrl, prepareFolder } from '@marquee/sql/database-url'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import type { MetadataStore } from './port.ts'

export interface OpenMetadataStoreOptions {
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
export async function openMetadataStore(
  url: string,
  options: OpenMetadataStoreOptions = {},
): Promise<MetadataStore> {
  const database = parseDatabaseUrl(url)
  switch (database.kind) {
    case 'memory': {
      const { createMemoryMetadataStore } = await import('./memory.ts')
      return createMemoryMetadataStore()
    }
    case 'sqlite': {
      await prepareFolder(database.path)
      const { createSqliteMetadataStore } = await import('./sqlite.ts')
      return createSqliteMetadataStore({ ...options, path: database.path })
    }
    case 'postgres': {
      const { openPostgresMetadataStore } = await import('./postgres.ts')
      return openPostgresMetadataStore({ url: database.url })
    }
  }
}
