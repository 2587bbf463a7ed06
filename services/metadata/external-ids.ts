import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  type BatchGetMovieIdsResponseSchema,
  type ExternalIds as ExternalIdsMessage,
  ExternalSource as SourceNumber,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { type ExternalIds, type ExternalSource, externalSources } from './metadata.ts'

const sourceNumbers: Readonly<Record<ExternalSource, SourceNumber>> = {
  imdb: SourceNumber.IMDB,
  tmdb: SourceNumber.TMDB,
  letterboxd: SourceNumber.LETTERBOXD,
  trakt: SourceNumber.TRAKT,
  movielens: SourceNumber.MOVIELENS,
}

/** Returns the source of a number that has passed validation. */
export function sourceOf(number: SourceNumber): ExternalSource {
  const source = externalSources.find((known) => sourceNumbers[known] === number)
  if (source === undefined) throw new Error(`there is no external source ${number}`)
  return source
}

/** Returns the known ids of a message, or `undefined` when there is none. */
export function fromExternalIds(message: ExternalIdsMessage | undefined): ExternalIds | undefined {
  const known = externalSources.flatMap((source) => {
    const id = message?.[source] ?? ''
    return id === '' ? [] : [[source, id]]
  })
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

/**
 * Groups external ids by the number of their movies: one, none or several.
 * @param found The movies by external id, as the store returns them.
 */
export function groupByMovies(
  externalIds: readonly string[],
  found: ReadonlyMap<string, readonly string[]>,
): MessageInitShape<typeof BatchGetMovieIdsResponseSchema> {
  const matches: { externalId: string; movieId: string }[] = []
  const missingExternalIds: string[] = []
  const ambiguities: { externalId: string; movieIds: string[] }[] = []
  for (const externalId of externalIds) {
    const movieIds = found.get(externalId) ?? []
    const [movieId] = movieIds
    if (movieId === undefined) missingExternalIds.push(externalId)
    else if (movieIds.length === 1) matches.push({ externalId, movieId })
    else ambiguities.push({ externalId, movieIds: [...movieIds] })
  }
  return { matches, missingExternalIds, ambiguities }
}
