import { existsSync } from 'node:fs'
import { parseDatabaseUrl } from '@marquee/sql/database-url'
import type { Conversion, Converted } from './converter.ts'

/**
 * Converts all ratings of a record type to another scale, in one transaction: all of them exactly,
 * or none. Rejects with a RangeError when a value has no place on the new scale. No service may use
 * the database meanwhile.
 */
export async function convertScale(url: string, conversion: Conversion): Promise<Converted> {
  const database = parseDatabaseUrl(url)
  switch (database.kind) {
    case 'memory':
      throw new Error('a database in memory has nothing to convert')
    case 'sqlite': {
      if (!existsSync(database.path)) throw new Error(`there is no database ${database.path}`)
      const { convertSqlite } = await import('./sqlite-convert.ts')
      return convertSqlite(database.path, conversion)
    }
    case 'postgres': {
      const { convertPostgres } = await import('./postgres-convert.ts')
      return convertPostgres(database.url, conversion)
    }
  }
}
