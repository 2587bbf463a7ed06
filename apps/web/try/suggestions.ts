import { titleWithYear } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import { queryLengthMax } from '../list/list-view.ts'
import type { Suggestion } from './form-context.ts'

/** Maximum number of movies that are suggested for an id. */
const movieCountMax = 8
/** Timeout of loading suggestions, in milliseconds. */
const timeoutMs = 3_000

interface Options {
  readonly clients: Pick<Clients, 'movie'>
  /** Returns the user id of the person's ratings. Empty when the server knows it by the session. */
  readonly userIdOf: () => string
}

/** Creates a function that suggests movies for fields of movie ids, and one's own id for users. */
export function createSuggest({ clients, userIdOf }: Options) {
  return async (fieldName: string, text: string): Promise<readonly Suggestion[]> => {
    if (fieldName === 'user_id') {
      const value = userIdOf()
      return value === '' ? [] : [{ value, label: 'You' }]
    }
    if (!/^(movie_ids?|record_id)$/.test(fieldName)) return []
    return suggestMovies(clients, text)
  }
}

async function suggestMovies(
  { movie }: Pick<Clients, 'movie'>,
  text: string,
): Promise<readonly Suggestion[]> {
  // An id has hyphens between the words of the title.
  const query = text.replaceAll('-', ' ').trim().slice(0, queryLengthMax)
  const request = { query, pageSize: movieCountMax }
  const result = await movie.movies.listMovies(request, { timeoutMs })
  // Without suggestions, the field is as useful as any other.
  if (!result.ok) return []
  return result.value.movies.flatMap(({ metadata }) =>
    metadata ? [{ value: metadata.id, label: titleWithYear(metadata) }] : [],
  )
}
