import { join } from 'node:path'
import { readVegaMovies } from '../producers/catalogue/vega.ts'
import { openMetadataStore } from '../services/metadata/store/open.ts'

/** The movie that is asked for. */
export const movieId = 'the-matrix-1999'

/** Puts the demo catalogue into a new database in the folder, and answers the database's URL. */
export async function loadCatalogue(folder: string): Promise<string> {
  const databaseUrl = `sqlite:${join(folder, 'metadata.db')}`
  await using store = await openMetadataStore(databaseUrl)
  await store.put(await Array.fromAsync(readVegaMovies()))
  return databaseUrl
}
