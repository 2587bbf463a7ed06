import { join } from 'node:path'
import { readVegaMovies } from '../producers/catalogue/vega.ts'
import { openMetadataStore } from '../services/metadata/store/open.ts'

/** Movie that the cases request. */
export const movieId = 'the-matrix-1999'

/** Loads the demo catalogue into a new database in the folder, and returns its URL. */
export async function loadCatalogue(folder: string): Promise<string> {
  const databaseUrl = `sqlite:${join(folder, 'metadata.db')}`
  await using store = await openMetadataStore(databaseUrl)
  await store.put(await Array.fromAsync(readVegaMovies()))
  return databaseUrl
}
