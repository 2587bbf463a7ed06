import type { Metadata } from '../../metadata.ts'

/** A movie with a value in each field. A new field needs one here, as rpc.test.ts says. */
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
}

/** A movie of which only the title is known. */
export function movie(id: string, title = `Movie ${id}`): Metadata {
  return { id, title, description: '', director: '', releaseDate: '', genres: [] }
}
