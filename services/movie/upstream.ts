import { equals } from '@bufbuild/protobuf'
import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  createClient,
  type Transport,
} from '@connectrpc/connect'
import { type Metadata, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import {
  type AggregatedRating,
  AggregatedRatingSchema,
  RatingService,
} from '../../gen/rating/v1/rating_pb.ts'
import type { Answer, Ask, MetadataSource, RatingSource } from './movie.ts'

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
  const within = (ask: Ask) => toOptions(ask, metadataTimeoutMs)
  return {
    get: (movieId, ask) =>
      answerOf(client.getMetadata({ movieId }, within(ask)).then((answer) => answer.metadata)),
    async getMany(movieIds, ask) {
      const { metadata } = await client.batchGetMetadata({ movieIds: [...movieIds] }, within(ask))
      return new Map(metadata.map((movie) => [movie.id, movie]))
    },
    async list(options, ask) {
      const { metadata, nextPageToken } = await client.listMetadata(options, within(ask))
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
  const within = (ask: Ask) => toOptions(ask, ratingTimeoutMs, ratingShare)
  const refs = (ids: readonly string[]) => ids.map((recordId) => ({ recordId, recordType }))
  return {
    get: (recordId, ask) =>
      answerOf(
        client
          .getAggregatedRating({ recordId, recordType }, within(ask))
          .then((answer) => answer.aggregatedRating),
      ),
    getMany: (ids, ask) =>
      answerOf(
        client
          .batchGetAggregatedRatings({ records: refs(ids) }, within(ask))
          .then(
            ({ aggregatedRatings }) => new Map(aggregatedRatings.map((one) => [one.recordId, one])),
          ),
      ),
    async top(options, ask) {
      const answer = await client.listTopRated(
        { ...options, recordType },
        toOptions(ask, ratingTimeoutMs),
      )
      const items = answer.aggregatedRatings.map((value) => ({ movieId: value.recordId, value }))
      return { items, nextPageToken: answer.nextPageToken }
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

function toOptions(ask: Ask, timeoutMs: number, share = 1): CallOptions {
  const left = ask.timeoutMs === undefined ? timeoutMs : ask.timeoutMs * share
  return {
    signal: ask.signal,
    timeoutMs: Math.min(timeoutMs, left),
    headers: { 'x-request-id': ask.requestId },
  }
}

/** `NOT_FOUND` is an answer; any other error of the call means that the service cannot tell at present. */
async function answerOf<T>(asked: Promise<T | undefined>): Promise<Answer<T>> {
  try {
    const value = await asked
    return value === undefined ? { kind: 'absent' } : { kind: 'found', value }
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    if (error.code === Code.NotFound) return { kind: 'absent' }
    return { kind: 'unavailable', reason: error.rawMessage }
  }
}
