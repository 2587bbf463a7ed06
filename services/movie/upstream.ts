import { equals } from '@bufbuild/protobuf'
import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { type Metadata, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import {
  type AggregatedRating,
  AggregatedRatingSchema,
  RatingService,
} from '../../gen/rating/v1/rating_pb.ts'
import type { Answer, Ask, MetadataSource, RatingSource } from './movie.ts'
import { callUpstream } from './upstream-call.ts'

/** The record type of movies in the rating service. */
const recordType = 'movie'

/** How long a question may take, in milliseconds, when the caller leaves more time than that. */
export interface UpstreamTimeouts {
  readonly metadataTimeoutMs: number
  /** Shorter, because a movie is answered without its rating when that is late. */
  readonly ratingTimeoutMs: number
}

export const upstreamTimeouts: UpstreamTimeouts = {
  metadataTimeoutMs: 2_000,
  ratingTimeoutMs: 1_000,
}

/** Of the caller's own time, how much a rating may take: the rest is for answering without it. */
const ratingShare = 0.8

/** Metadata by RPC. */
export function createMetadataSource(
  transport: Transport,
  { metadataTimeoutMs }: UpstreamTimeouts = upstreamTimeouts,
): MetadataSource<Metadata> {
  const client = createClient(MetadataService, transport)
  const bound = { timeoutMs: metadataTimeoutMs, share: 1 }
  return {
    get: (movieId, ask) =>
      answerOf(async () => {
        const { metadata } = await callUpstream(ask, bound, (options) =>
          client.getMetadata({ movieId }, options),
        )
        return metadata
      }),
    async getMany(ids, ask) {
      const movieIds = [...ids]
      const { metadata } = await callUpstream(ask, bound, (options) =>
        client.batchGetMetadata({ movieIds }, options),
      )
      return new Map(metadata.map((movie) => [movie.id, movie]))
    },
    async list(page, ask) {
      const { metadata, nextPageToken } = await callUpstream(ask, bound, (options) =>
        client.listMetadata(page, options),
      )
      return { items: metadata.map((value) => ({ movieId: value.id, value })), nextPageToken }
    },
  }
}

/** Ratings by RPC. */
export function createRatingSource(
  transport: Transport,
  { ratingTimeoutMs }: UpstreamTimeouts = upstreamTimeouts,
): RatingSource<AggregatedRating> {
  const client = createClient(RatingService, transport)
  const bound = { timeoutMs: ratingTimeoutMs, share: 1 }
  const optional = { ...bound, share: ratingShare }
  const refs = (ids: readonly string[]) => ids.map((recordId) => ({ recordId, recordType }))
  return {
    get: (recordId, ask) =>
      answerOf(async () => {
        const { aggregatedRating } = await callUpstream(ask, optional, (options) =>
          client.getAggregatedRating({ recordId, recordType }, options),
        )
        return aggregatedRating
      }),
    getMany: (ids, ask) =>
      answerOf(async () => {
        const { aggregatedRatings } = await callUpstream(ask, optional, (options) =>
          client.batchGetAggregatedRatings({ records: refs(ids) }, options),
        )
        return new Map(aggregatedRatings.map((one) => [one.recordId, one]))
      }),
    async top(page, ask) {
      const { aggregatedRatings, nextPageToken } = await callUpstream(ask, bound, (options) =>
        client.listTopRated({ ...page, recordType }, options),
      )
      const items = aggregatedRatings.map((value) => ({ movieId: value.recordId, value }))
      return { items, nextPageToken }
    },
    watch: (id, ask) => watchRating(client, id, ask),
  }
}

async function* watchRating(client: Client<typeof RatingService>, id: string, ask: Ask) {
  const request = { records: [{ recordId: id, recordType }] }
  const { signal, requestId } = ask
  const options = { signal, headers: { 'x-request-id': requestId } }
  let last: AggregatedRating | undefined
  for await (const { aggregatedRating: next } of client.watchAggregatedRatings(request, options)) {
    // A quiet stream repeats its last message.
    if (last && next && equals(AggregatedRatingSchema, last, next)) continue
    last = next
    yield next?.count ? next : undefined
  }
}

/**
 * `NOT_FOUND` is an answer. Any other error of the call means that the service cannot tell at present, unless the caller
 * waits no longer.
 */
async function answerOf<T>(ask: () => Promise<T | undefined>): Promise<Answer<T>> {
  try {
    const value = await ask()
    return value === undefined ? { kind: 'absent' } : { kind: 'found', value }
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    if (error.code === Code.NotFound) return { kind: 'absent' }
    if (error.code === Code.DeadlineExceeded || error.code === Code.Canceled) throw error
    return { kind: 'unavailable', reason: error.rawMessage }
  }
}
