import type { Client } from '@connectrpc/connect'
import type { Metadata, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { type ExternalIds, externalSources } from '../../services/metadata/metadata.ts'
import { externalIds } from '../catalogue/external-ids.ts'
import { formatCount } from '../summary.ts'
import type { ExportedRating } from './exported-rating.ts'
import { sourceNumbers } from './source-numbers.ts'

/** Methods of the metadata service that matching calls. */
export type Catalogue = Pick<
  Client<typeof MetadataService>,
  'batchGetMetadata' | 'batchGetMovieIds' | 'listMetadata'
>

/** Movie of a rating, as an export describes it. */
export type SoughtMovie = Pick<ExportedRating, 'record' | 'title' | 'year' | 'ids' | 'isMovie'>

/** Movie of a rating, or the reason why there is none. */
export type Match =
  | { readonly kind: 'matched'; readonly movieId: string }
  | { readonly kind: 'unmatched' | 'ambiguous'; readonly reason: string }

/** Maximum number of movies of one call of `matchAll`, which is that of ids of a request. */
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
 * Finds the movies of an export, in their order: by our own id, when that movie has the same title
 * and year; by the ids at other sources; otherwise by exactly the same title and year. Never
 * guesses: several movies are `ambiguous`, none is `unmatched`. A movie with another id at the same
 * source is another movie, whatever its title.
 */
export async function matchAll(
  catalogue: Catalogue,
  sought: readonly SoughtMovie[],
): Promise<Match[]> {
  const claims = await readClaims(catalogue, sought)
  const candidates = sought.map((movie) => candidatesOf(movie, claims))
  const own = sought.flatMap(({ record, ids }) => [record?.recordId ?? [], ids.imdb ?? []].flat())
  const movies = await readMovies(catalogue, [...candidates.flat(), ...own])
  const matches: Match[] = []
  for (let start = 0; start < sought.length; start += matchLimits.searches) {
    const part = sought.slice(start, start + matchLimits.searches)
    matches.push(
      ...(await Promise.all(
        part.map((movie, index): Match | Promise<Match> => {
          const claimed = candidates[start + index] ?? []
          return matchByIds(movie, claimed, movies) ?? matchByTitle(catalogue, movie)
        }),
      )),
    )
  }
  return matches
}

/** Returns the movies that claim the external ids, by source and id. */
async function readClaims(catalogue: Catalogue, sought: readonly SoughtMovie[]) {
  const claims = new Map<string, readonly string[]>()
  for (const source of externalSources) {
    const externalIds = [...new Set(sought.flatMap(({ ids }) => ids[source] ?? []))]
    if (externalIds.length === 0) continue
    const request = { source: sourceNumbers[source], externalIds }
    const { matches, ambiguities } = await catalogue.batchGetMovieIds(request)
    for (const one of matches) claims.set(`${source} ${one.externalId}`, [one.movieId])
    for (const one of ambiguities) claims.set(`${source} ${one.externalId}`, one.movieIds)
  }
  return claims
}

function candidatesOf({ ids }: SoughtMovie, claims: ReadonlyMap<string, readonly string[]>) {
  const claimed = externalSources.flatMap((source) => claims.get(`${source} ${ids[source]}`) ?? [])
  return [...new Set(claimed)]
}

async function readMovies(catalogue: Catalogue, ids: readonly string[]) {
  const movieIds = [...new Set(ids)]
  const movies = new Map<string, Metadata>()
  for (let start = 0; start < movieIds.length; start += matchBatchMax) {
    const part = { movieIds: movieIds.slice(start, start + matchBatchMax) }
    for (const movie of (await catalogue.batchGetMetadata(part)).metadata)
      movies.set(movie.id, movie)
  }
  return movies
}

/** Returns the match by ids, or `undefined` when the catalogue has none of them. */
function matchByIds(
  movie: SoughtMovie,
  claimed: readonly string[],
  movies: ReadonlyMap<string, Metadata>,
): Match | undefined {
  const { record, ids } = movie
  const own = movies.get(record?.recordId ?? '')
  if (own !== undefined && hasTitle(own, movie) && !contradicts(own, ids)) return matched(own.id)
  // A catalogue may use the id at IMDb as its own.
  const all = [...new Set(movies.has(ids.imdb ?? '') ? [...claimed, ids.imdb ?? ''] : claimed)]
  const found = all.flatMap((id) => movies.get(id) ?? [])
  const [first] = found
  if (first === undefined) return undefined
  if (found.length > 1) return { kind: 'ambiguous', reason: severalMovies(all) }
  if (!contradicts(first, ids)) return matched(first.id)
  return { kind: 'ambiguous', reason: `${first.id} has some of its ids, and others` }
}

/** Returns whether a movie has the title and year of an export, as far as the export has them. */
function hasTitle(own: Metadata, { title, year }: SoughtMovie): boolean {
  return title === '' || (plainTitle(own.title) === plainTitle(title) && own.year === year)
}

/** Returns the ids of a movie at other sources. Its own id may be that at IMDb. */
export function idsOf({ id, externalIds: known }: Metadata): ExternalIds {
  return { ...externalIds({ imdb: id }), ...externalIds({ ...known }) }
}

/** Returns whether a movie has another id at the same source. Letterboxd has several URIs. */
function contradicts(movie: Metadata, ids: ExternalIds): boolean {
  const own = idsOf(movie)
  return externalSources.some((source) => {
    const [mine, theirs] = [own[source], ids[source]]
    if (source === 'letterboxd' || mine === undefined || theirs === undefined) return false
    return mine !== theirs
  })
}

async function matchByTitle(catalogue: Catalogue, sought: SoughtMovie): Promise<Match> {
  const { year, ids, isMovie } = sought
  const title = plainTitle(sought.title)
  if (!isMovie) return unmatched('it is not a movie, and its id is not in the catalogue')
  if (title === '' || year === undefined) return unmatched('it has no title and year to search by')
  const movieIds: string[] = []
  let pageToken = ''
  for (let page = 0; page < matchLimits.pages; page++) {
    const query = [...title].slice(0, matchLimits.query).join('')
    const found = await catalogue.listMetadata({ query, pageSize: matchLimits.pageSize, pageToken })
    for (const movie of found.metadata) {
      if (hasTitle(movie, sought) && !contradicts(movie, ids)) movieIds.push(movie.id)
    }
    pageToken = found.nextPageToken
    if (pageToken === '') return ofCandidates(movieIds)
  }
  const count = formatCount(matchLimits.pages * matchLimits.pageSize)
  return unmatched(`more than ${count} movies have the words of its title`)
}

function plainTitle(title: string): string {
  return title.trim().normalize()
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
