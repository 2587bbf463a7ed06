import { parseDatabaseUrl, prepareFolder } from '@marquee/sql/database-url'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import type { MetadataStore } from './port.ts'

export interface OpenMetadataStoreOptions {
  /** Called with what an operator should know. */
  readonly onWarning?: (message: string) => void
  /** Where failures of an SQLite file are reported. */
  readonly faults?: SqliteFaults
}

/**
 * Opens the store that the URL names: `memory:`, `sqlite:PATH`, whose folder is created when it is absent, or
 * `postgres://…`, whose tables are.
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
