import type { Metadata } from '../../gen/metadata/v1/metadata_pb.ts'
import type { Rating } from '../../gen/rating/v1/rating_pb.ts'
import { describeScale, type Scale } from '../../services/rating/scale.ts'
import { type Outcome, refused } from '../catalogue/outcome.ts'
import type { Summary } from '../summary.ts'
import { convertValue } from './convert-value.ts'
import type { ExportedRating } from './exported-rating.ts'
import type { Format, Piece, RatingWriter } from './format.ts'
import { idsOf, matchBatchMax } from './match.ts'

/** Method of the metadata service that reads movies. */
export interface MovieSource {
  batchGetMetadata(request: {
    movieIds: string[]
  }): Promise<{ readonly metadata: Metadata[]; readonly missingMovieIds: string[] }>
}

export interface ExportOptions {
  readonly batches: AsyncIterable<readonly Rating[]>
  readonly format: Format
  readonly catalogue: MovieSource
  /** Returns the scale of a record type in the service, given one of its records. */
  scaleOf(recordType: string, recordId: string): Promise<Scale>
  /** Counts what is `read`, `exported` and `refused`. */
  readonly summary: Summary
  /** Called after each batch. */
  onProgress(): void
}

/** Maximum number of movies in the cache. */
const cachedCountMax = 10_000

/**
 * Writes ratings in a format. Reports those that it cannot represent. Memory holds one batch and
 * the movies of the cache.
 */
export async function* exportRatings(options: ExportOptions): AsyncGenerator<readonly Piece[]> {
  const { format, batches, summary } = options
  const writer = format.createWriter?.()
  if (writer === undefined) throw new Error(`${format.title}: this format is only read`)
  const movies = createMovieCache(options.catalogue)
  yield writer.start
  for await (const batch of batches) {
    for (let start = 0; start < batch.length; start += matchBatchMax) {
      const part = batch.slice(start, start + matchBatchMax)
      const found = await movies.get(part.filter(isMovie).map(({ recordId }) => recordId))
      yield await writePart(part, found, writer, options)
    }
    summary.count('read', batch.length)
    options.onProgress()
  }
  yield writer.end
}

async function writePart(
  ratings: readonly Rating[],
  movies: ReadonlyMap<string, Metadata | undefined>,
  writer: RatingWriter,
  { format, scaleOf, summary }: ExportOptions,
): Promise<readonly Piece[]> {
  const pieces: Piece[] = []
  for (const rating of ratings) {
    const { recordType, recordId, userId } = rating
    const movie = isMovie(rating) ? movies.get(recordId) : undefined
    const exported = toExported(rating, movie, await scaleOf(recordType, recordId), format)
    const outcome = exported.kind === 'item' ? writer.write(exported.item) : exported
    if (outcome.kind === 'item') {
      pieces.push(...outcome.item)
      summary.count('exported')
    } else if (outcome.kind === 'refused') {
      summary.refuse(`${recordType} ${recordId} of ${userId}`, outcome.reason)
    }
  }
  return pieces
}

/** Converts a rating to the scale of the format. Our own format keeps it, and needs no movie. */
function toExported(
  rating: Rating,
  movie: Metadata | undefined,
  own: Scale,
  format: Format,
): Outcome<ExportedRating> {
  const { recordType, recordId, userId, value: given = Number.NaN } = rating
  const scale = format.scale ?? own
  if (format.scale !== undefined && movie === undefined) {
    return refused(isMovie(rating) ? 'its movie has no metadata' : 'it is not of a movie')
  }
  const value = convertValue(given, own, scale)
  if (value === undefined) {
    return refused(`${given} of ${own.max} has no equal from ${describeScale(scale)}`)
  }
  const time = rating.ratedTime ?? rating.updateTime
  const timeMs = time && Number(time.seconds) * 1_000 + Math.floor(time.nanos / 1e6)
  const item: ExportedRating = {
    ...{ userId, record: { recordType, recordId }, value, scale, timeMs, isMovie: isMovie(rating) },
    ...{ title: movie?.title ?? '', year: movie?.year, ids: movie ? idsOf(movie) : {} },
  }
  return { kind: 'item', item }
}

function isMovie({ recordType }: Rating): boolean {
  return recordType === 'movie'
}

/** Creates a cache of movies. An unknown movie has the value `undefined`. */
function createMovieCache(catalogue: MovieSource) {
  const known = new Map<string, Metadata | undefined>()
  return {
    /** @param ids At most as many as a request may have. */
    async get(ids: readonly string[]): Promise<ReadonlyMap<string, Metadata | undefined>> {
      const found = new Map<string, Metadata | undefined>()
      for (const id of ids) if (known.has(id)) found.set(id, known.get(id))
      const movieIds = [...new Set(ids.filter((id) => !found.has(id)))]
      if (movieIds.length === 0) return found
      if (known.size + movieIds.length > cachedCountMax) known.clear()
      const { metadata, missingMovieIds } = await catalogue.batchGetMetadata({ movieIds })
      const read = [...metadata.map((movie) => [movie.id, movie] as const)]
      const absent = missingMovieIds.map((id) => [id, undefined] as const)
      for (const [id, movie] of [...read, ...absent]) {
        known.set(id, movie)
        found.set(id, movie)
      }
      return found
    },
  }
}
