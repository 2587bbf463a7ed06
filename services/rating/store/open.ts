import { parseDatabaseUrl, prepareFolder } from '../../../platform/sql/database-url.ts'
import type { Prior } from '../rating.ts'
import type { ChangeSink, RatingStore } from './port.ts'

/** Opens the store that the URL names: `memory:`, or `sqlite:PATH`, whose folder is created when it is absent. */
export async function openRatingStore(
  url: string,
  options: { readonly prior: Prior },
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
  }
}
