import type { Client } from '@connectrpc/connect'
import type { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { formatCount } from '../summary.ts'
import { type ExportedRating, isImdbId } from './exported-rating.ts'

/** Methods of the metadata service that matching calls. */
export type Catalogue = Pick<Client<typeof MetadataService>, 'batchGetMetadata' | 'listMetadata'>

/** Movie of a rating, or the reason why there is none. */
export type Match =
  | { readonly kind: 'matched'; readonly movieId: string }
  | { readonly kind: 'unmatched' | 'ambiguous'; readonly reason: string }

/** Maximum number of ratings of one call of `matchAll`, which is that of ids of a request. */
export const matchBatchMax = 500

const matchLimits = {
  /** Number of searches in flight. */
  searches: 8,
  /** Number of movies of a page. */
  pageSize: 500,
  /** Number of pages that one search reads. */
  pages: 20,
  /** Length of a query, in characters. */
  query: 200,
  /** Number of movies that a reason names. */
  named: 5,
}

/**
 * Finds the movies of ratings, in their order: by IMDb's id when a movie has it as its id, otherwise
 * by exactly the same title and year. Never guesses: several movies are `ambiguous`, none is
 * `unmatched`.
 */
export async function matchAll(
  catalogue: Catalogue,
  ratings: readonly ExportedRating[],
): Promise<Match[]> {
  const known = await knownIds(catalogue, ratings)
  const matches: Match[] = []
  for (let start = 0; start < ratings.length; start += matchLimits.searches) {
    const part = ratings.slice(start, start + matchLimits.searches)
    matches.push(
      ...(await Promise.all(
        part.map((rating): Match | Promise<Match> => {
          const { imdbId } = rating
          if (imdbId !== undefined && known.has(imdbId)) return matched(imdbId)
          return matchByTitle(catalogue, rating)
        }),
      )),
    )
  }
  return matches
}

async function knownIds(catalogue: Catalogue, ratings: readonly ExportedRating[]) {
  const movieIds = [...new Set(ratings.flatMap(({ imdbId }) => imdbId ?? []))]
  if (movieIds.length === 0) return new Set<string>()
  const { metadata } = await catalogue.batchGetMetadata({ movieIds })
  return new Set(metadata.map(({ id }) => id))
}

async function matchByTitle(catalogue: Catalogue, rating: ExportedRating): Promise<Match> {
  const { title, year, imdbId, isMovie } = rating
  if (!isMovie) return unmatched('it is not a movie, and its id is not in the catalogue')
  if (title === '' || year === undefined) return unmatched('it has no title and year to search by')
  const sought = title.normalize()
  const ids: string[] = []
  let pageToken = ''
  for (let page = 0; page < matchLimits.pages; page++) {
    const query = [...title].slice(0, matchLimits.query).join('')
    const found = await catalogue.listMetadata({ query, pageSize: matchLimits.pageSize, pageToken })
    for (const movie of found.metadata) {
      const isSame = movie.title.normalize() === sought && movie.year === year
      // Two movies with different ids at IMDb are different, whatever their titles.
      if (isSame && !(imdbId !== undefined && isImdbId(movie.id))) ids.push(movie.id)
    }
    pageToken = found.nextPageToken
    if (pageToken === '') return ofCandidates(ids)
  }
  const count = formatCount(matchLimits.pages * matchLimits.pageSize)
  return unmatched(`more than ${count} movies have the words of its title`)
}

function ofCandidates(ids: readonly string[]): Match {
  const [movieId, ...others] = ids
  if (movieId === undefined) return unmatched('it is not in the catalogue')
  return others.length === 0 ? matched(movieId) : { kind: 'ambiguous', reason: severalMovies(ids) }
}

function severalMovies(ids: readonly string[]): string {
  const hidden = ids.length - matchLimits.named
  const more = hidden > 0 ? ` and ${formatCount(hidden)} more` : ''
  return `the catalogue has ${ids.slice(0, matchLimits.named).join(', ')}${more}`
}

function matched(movieId: string): Match {
  return { kind: 'matched', movieId }
}

function unmatched(reason: string): Match {
  return { kind: 'unmatched', reason }
}
