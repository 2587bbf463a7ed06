import type { Client } from '@connectrpc/connect'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import type { Scale } from '../../services/rating/scale.ts'
import type { CatalogueRating } from '../catalogue/outcome.ts'
import { withClient } from '../client.ts'
import { callSizeMax, sendItems } from '../import.ts'
import type { Placed } from '../placed.ts'
import type { Summary } from '../summary.ts'
import type { ReadToken } from '../token.ts'
import { checkScale } from './check-scale.ts'
import type { ExportedRating } from './exported-rating.ts'
import { findMovies } from './find-movies.ts'

/** Services and flags of an import, with its summary. */
export interface ImportTarget {
  readonly metadataUrl: string
  readonly ratingUrl: string
  readonly readToken: ReadToken
  readonly targetScale: Scale
  /** Counts what is `read`, `imported`, `unmatched`, `ambiguous` and `refused`. */
  readonly summary: Summary
  /** Reports the number of ratings read. */
  onProgress(count: number): void
  readonly signal: AbortSignal
}

/** Imports the ratings of one person. */
export async function importPerson(
  batches: AsyncIterable<readonly Placed<ExportedRating>[]>,
  userId: string,
  target: ImportTarget,
): Promise<void> {
  const { metadataUrl, ratingUrl, readToken, targetScale, summary, signal } = target
  const onProgress = () => target.onProgress(summary.get('read'))
  const found = await withClient(MetadataService, metadataUrl, readToken, (catalogue) =>
    findMovies({ batches, to: targetScale, userId, catalogue, summary, onProgress, signal }),
  )
  await withClient(RatingService, ratingUrl, readToken, async (client) => {
    const movieId = found[0]?.item.recordId
    if (movieId !== undefined) await checkScale(client, movieId, targetScale)
    const send = senderOf(client)
    for (let start = 0; start < found.length && !signal.aborted; start += callSizeMax) {
      const part = found.slice(start, start + callSizeMax)
      const { created, replaced } = await sendItems(part, send, summary)
      summary.count('imported', created + replaced)
    }
  })
}

/** Returns a function that sends ratings to the service in one call. */
export function senderOf(client: Pick<Client<typeof RatingService>, 'importRatings'>) {
  return (ratings: readonly CatalogueRating[]) => client.importRatings(requests(ratings))
}

async function* requests(ratings: readonly CatalogueRating[]) {
  for (const rating of ratings) yield { rating }
}
