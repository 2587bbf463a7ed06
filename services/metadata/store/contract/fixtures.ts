import type { Metadata } from '../../metadata.ts'
import type { MetadataStore } from '../port.ts'

/** A movie with a value in each property. rpc.test.ts fails until a new property has one here. */
export const alien: Metadata = {
  id: '1',
  title: 'Alien',
  description: 'A ship answers a call.\nNobody hears it.\u0000"\\',
  director: 'Ridley Scott',
  releaseDate: '1979-05-25',
  year: 1979,
  genres: ['Horror', 'Science Fiction'],
  runningTimeMinutes: 117,
  imdbRating: 8.5,
  imdbVotes: 0,
  externalIds: {
    imdb: 'tt0078748',
    tmdb: '348',
    letterboxd: 'https://boxd.it/2awY',
    trakt: '295',
    movielens: '1214',
  },
}

/** Creates a movie with only a title. */
export function movie(id: string, title = `Movie ${id}`): Metadata {
  return { id, title, description: '', director: '', releaseDate: '', genres: [] }
}

/** Deletes a movie. Resolves with `false` when it did not exist. */
export async function remove(store: MetadataStore, id: string): Promise<boolean> {
  const { before, after } = await store.edit(id, () => 'delete')
  if (after !== undefined) throw new Error(`the movie ${id} is still there`)
  return before !== undefined
}
