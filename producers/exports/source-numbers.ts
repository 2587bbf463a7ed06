import { ExternalSource as SourceNumber } from '../../gen/metadata/v1/metadata_pb.ts'
import type { ExternalSource } from '../../services/metadata/metadata.ts'

/** Numbers of the sources in messages. */
export const sourceNumbers = {
  imdb: SourceNumber.IMDB,
  tmdb: SourceNumber.TMDB,
  letterboxd: SourceNumber.LETTERBOXD,
  trakt: SourceNumber.TRAKT,
  movielens: SourceNumber.MOVIELENS,
} as const satisfies Readonly<Record<ExternalSource, SourceNumber>>
