import { equals } from '@bufbuild/protobuf'
import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { ErrorInfoSchema } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import { causedBy } from '@marquee/service/telemetry/transport'
import { type Metadata, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import {
  type AggregatedRating,
  AggregatedRatingSchema,
  Period,
  RatingService,
  ScaleSchema,
} from '../../gen/rating/v1/rating_pb.ts'
import {
  type Caller,
  type Lookup,
  type MetadataSource,
  type RatingSource,
  RatingsUnknownError,
} from './movie.ts'
import { callUpstream, headersOf } from './upstream-call.ts'

/** Record type of movies in the rating service. */
const recordType = 'movie'

/** Time limits of calls, in milliseconds. They apply when the caller has more time left. */
export interface UpstreamTimeouts {
  readonly metadataTimeoutMs: number
  /** Shorter, because a movie is returned without a late rating. */
  readonly ratingTimeoutMs: number
}

export const upstreamTimeouts: UpstreamTimeouts = {
  metadataTimeoutMs: 2_000,
  ratingTimeoutMs: 1_000,
}

/**
 * Share of the caller's remaining time that a rating may take. The rest is for the response without
 * it.
 */
const ratingShare = 0.8

/** Time limit of a call that deletes ratings, in milliseconds. It deletes many. */
const deletionTimeoutMs = 5_000

/** Creates a source that reads metadata by RPC. */
export function createMetadataSource(
  transport: Transport,
  { metadataTimeoutMs }: UpstreamTimeouts = upstreamTimeouts,
): MetadataSource<Metadata> {
  const client = createClient(MetadataService, transport)
  const bound = { timeoutMs: metadataTimeoutMs, share: 1 }
  return {
    get: (movieId, caller) =>
      lookUp(async () => {
        const { metadata } = await callUpstream(caller, bound, (options) =>
          client.getMetadata({ movieId }, options),
        )
        return metadata
      }),
    async getMany(ids, caller) {
      const movieIds = [...ids]
      const { metadata } = await callUpstream(caller, bound, (options) =>
        client.batchGetMetadata({ movieIds }, options),
      )
      return new Map(metadata.map((movie) => [movie.id, movie]))
    },
    async list({ period, ...page }, caller) {
      const request = { ...page, ...(period && { period: periods[period] }) }
      const { metadata, ...rest } = await callUpstream(caller, bound, (options) =>
        client.listMetadata(request, options),
      ).catch(translateList)
      const { nextPageToken, totalSize, facets, ratings, periodRatings } = rest
      const items = metadata.map((value) => ({ movieId: value.id, value }))
      return { items, nextPageToken, totalSize, facets, ratings, periodRatings }
    },
    async delete(movieId, etag, caller) {
      const { deleted } = await callUpstream(caller, bound, (options) =>
        client.deleteMetadata({ movieId, etag }, options),
      )
      return deleted
    },
  }
}

const periods = { week: Period.WEEK, month: Period.MONTH } as const

/** Translates the error of a list. */
function translateList(error: unknown): never {
  const infos = error instanceof ConnectError ? error.findDetails(ErrorInfoSchema) : []
  const isByRatings = infos.some(({ reason }) => reason === 'RATING_UNAVAILABLE')
  throw isByRatings ? new RatingsUnknownError((error as Error).message, { cause: error }) : error
}

/** Creates a source that reads ratings by RPC. */
export function createRatingSource(
  transport: Transport,
  { ratingTimeoutMs }: UpstreamTimeouts = upstreamTimeouts,
): RatingSource<AggregatedRating> {
  const client = createClient(RatingService, transport)
  const bound = { timeoutMs: ratingTimeoutMs, share: 1 }
  const optional = { ...bound, share: ratingShare }
  const refs = (ids: readonly string[]) => ids.map((recordId) => ({ recordId, recordType }))
  return {
    async get(recordId, caller) {
      const lookup = await lookUp(async () => {
        const { aggregatedRating } = await callUpstream(caller, optional, (options) =>
          client.getAggregatedRating({ recordId, recordType }, options),
        )
        return aggregatedRating
      })
      return lookup.kind === 'found' ? { ...lookup, revision: lookup.value.revision } : lookup
    },
    getMany: (ids, caller) =>
      lookUp(async () => {
        const { aggregatedRatings, scales } = await callUpstream(caller, optional, (options) =>
          client.batchGetAggregatedRatings({ records: refs(ids) }, options),
        )
        const ratings = new Map(aggregatedRatings.map((one) => [one.recordId, one]))
        return { ratings, scale: scales[recordType] }
      }),
    deleteSome: (recordId, caller) =>
      callUpstream(caller, { timeoutMs: deletionTimeoutMs, share: 1 }, (options) =>
        client.deleteRecordRatings({ recordId, recordType }, options),
      ),
    watch: (id, caller) => watchRating(client, id, caller),
  }
}

async function* watchRating(client: Client<typeof RatingService>, id: string, caller: Caller) {
  const request = { records: [{ recordId: id, recordType }] }
  const { signal, span } = caller
  const options = { signal, headers: headersOf(caller), ...causedBy(span) }
  let last: AggregatedRating | undefined
  for await (const { aggregatedRating: next } of client.watchAggregatedRatings(request, options)) {
    // An idle stream repeats its last message.
    if (last && next && equals(AggregatedRatingSchema, last, next)) continue
    last = next
    const revision = next?.revision
    yield next?.count
      ? ({ kind: 'found', value: next, revision } as const)
      : ({ kind: 'absent', scale: next?.scale, revision } as const)
  }
}

/**
 * Converts the outcome of a call to a lookup. `NOT_FOUND` is `absent`. Any other error means that
 * the service is unavailable, unless the caller has left or has no time left.
 */
async function lookUp<T>(caller: () => Promise<T | undefined>): Promise<Lookup<T>> {
  try {
    const value = await caller()
    return value === undefined ? { kind: 'absent' } : { kind: 'found', value }
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    if (error.code === Code.NotFound) {
      return { kind: 'absent', scale: error.findDetails(ScaleSchema)[0] }
    }
    if (error.code === Code.DeadlineExceeded || error.code === Code.Canceled) throw error
    return { kind: 'unavailable', reason: error.rawMessage }
  }
}
