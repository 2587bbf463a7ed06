import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { callKey } from '@marquee/connect-hono/call'
import { copyError } from '@marquee/connect-hono/errors/copy-error'
import type { HttpError } from '@marquee/connect-hono/errors/errors'
import { quoted } from '@marquee/connect-hono/errors/text'
import { encodeOnce } from '@marquee/connect-hono/response/encode-once'
import { pageSizeOf } from '@marquee/service/rest/page-size'
import { decodePageToken, encodePageToken } from '@marquee/service/rest/page-token'
import type { Metadata } from '../../gen/metadata/v1/metadata_pb.ts'
import {
  type ListMoviesRequest,
  type MovieDetails,
  MovieDetailsSchema,
  type MovieService,
  ListMoviesRequest_Order as Order,
  RatingStatus,
  type WatchMovieDetailsResponse,
  WatchMovieDetailsResponseSchema,
} from '../../gen/movie/v1/movie_pb.ts'
import { type AggregatedRating, Period, ScaleSchema } from '../../gen/rating/v1/rating_pb.ts'
import { deleteMovie, RatingsLeftError } from './delete-movie.ts'
import {
  type Caller,
  type CatalogueOptions,
  createMovies,
  type Details,
  type Facets,
  type Page,
  RatingsUnknownError,
  type Sources,
} from './movie.ts'
import { withReason } from './reasons.ts'
import { shareLookups } from './shared-lookups.ts'
import { createSimilarMovies } from './similar.ts'
import { createDetailsWatches, createSeparateWatches } from './watch.ts'

/** Numbers of items in a page. */
const pageSizes = { ofDefault: 50, max: 500 }
/** Numbers of similar movies. */
const similarSizes = { ofDefault: 12, max: 50 }
/** Order of the top list. */
const topOrder = 'rating.bayesian_score desc'

export interface MovieRpcOptions {
  readonly sources: Sources<Metadata, AggregatedRating>
  /** Aborted when the process starts to shut down. */
  readonly draining?: AbortSignal | undefined
  /** `true` when the watches of a movie share one watch of its rating. Default: `true`. */
  readonly callsShare?: boolean | undefined
}

/** Implements `movie.v1.MovieService` on the services that it calls. */
export function createMovieRpc({ sources, draining, callsShare = true }: MovieRpcOptions) {
  const movies = createMovies(sources)
  const similarTo = createSimilarMovies(sources)
  const createWatches = callsShare ? createDetailsWatches : createSeparateWatches
  const watches = createWatches<Metadata, AggregatedRating>({ ...sources, draining })
  const { get } = sources.metadata
  const watchedMovie = callsShare ? shareLookups(get) : get

  return {
    async getMovieDetails({ movieId }, context) {
      const lookup = await movies.details(movieId, callerOf(context))
      if (lookup.kind === 'absent') throw unknownMovie(movieId)
      if (lookup.kind === 'unavailable') throw unavailable(lookup.reason)
      return { movieDetails: toMessage(lookup.value, context) }
    },

    async listMovies(request, context) {
      const { list, options, isTop } = readList(request)
      const page = await movies.catalogue(options, callerOf(context)).catch(failList)
      const { totalSize, facets, ratings, periodRatings } = page
      // Its movies would have no ratings, and their order would not be the current one.
      if (isTop && ratings?.unavailableSince) throw listUnavailable('RATING_UNAVAILABLE')
      return {
        movies: messagesOf(page.items, context),
        nextPageToken: nextToken(list, page),
        totalSize,
        ...(facets && { facets: facetsMessage(facets) }),
        ...(ratings && { ratings }),
        ...(periodRatings && { periodRatings: [...periodRatings] }),
      }
    },

    async listSimilarMovies({ movieId, pageSize }, context) {
      const countMax = pageSizeOf(pageSize, similarSizes)
      const found = await similarTo(movieId, countMax, callerOf(context)).catch(failList)
      if (found.kind === 'absent') throw unknownMovie(movieId)
      if (found.kind === 'unavailable') throw unavailable(found.reason)
      const { items, ratings } = found.value
      return { movies: messagesOf(items, context), ...(ratings && { ratings }) }
    },

    async deleteMovie({ movieId, etag, deleteRatings: deletesRatings }, context) {
      const request = { movieId, etag, deletesRatings }
      const deletion = await deleteMovie(sources, request, callerOf(context)).catch((error) =>
        failDeletion(error, etag),
      )
      const { deleted, deletedRatingCount, ratings } = deletion
      return { deleted, deletedRatingCount, ratingsLeft: ratings === 'left' }
    },

    async *watchMovieDetails({ movieId, sinceRevision }, context) {
      const caller = callerOf(context)
      const movie = await watchedMovie(movieId, caller)
      if (movie.kind === 'absent') throw unknownMovie(movieId)
      if (movie.kind === 'unavailable') throw unavailable(movie.reason)
      const viewer = { metadata: movie.value, sinceRevision, caller }
      for await (const { details, revision } of watches.watch(movieId, viewer)) {
        if (details.ratingStatus === 'unavailable') logMissingRating(details.reason, context)
        yield toWatchMessage(details, revision)
      }
    },
  } satisfies ServiceImpl<typeof MovieService>
}

export type MovieRpc = ReturnType<typeof createMovieRpc>

function callerOf(context: HandlerContext): Caller {
  const call = context.values.get(callKey)
  const leftMs = context.timeoutMs()
  return {
    signal: context.signal,
    deadlineMs: leftMs === undefined ? undefined : performance.now() + leftMs,
    requestId: call?.requestId ?? '',
    span: call?.span,
    token: call?.principal?.token,
  }
}

/** Returns a list of the catalogue, and the name of the list for its page tokens. */
function readList(request: ListMoviesRequest) {
  const { query, filter, includeFacets, pageToken, period } = request
  const isTop = request.order === Order.TOP_RATED
  const orderBy = isTop ? topOrder : request.orderBy
  const isUnrated = isTop && request.ratingCountMin === 0n
  const ratingCountMin = isUnrated ? 1n : request.ratingCountMin
  const parts = [query, filter, orderBy, `${ratingCountMin}`]
  const list = `movies:${JSON.stringify(period ? [...parts, period] : parts)}`
  const options: CatalogueOptions = {
    pageSize: pageSizeOf(request.pageSize, pageSizes),
    pageToken: decodePageToken(pageToken, list, isToken) ?? '',
    ...{ query, filter, orderBy, includeFacets, ratingCountMin },
    period: periodNames[period],
  }
  return { list, options, isTop }
}

function facetsMessage({ genres, decades, letters }: Facets) {
  return { genres: [...genres], decades: [...decades], letters: [...letters] }
}

const periodNames: Readonly<Record<number, 'week' | 'month'>> = {
  [Period.WEEK]: 'week',
  [Period.MONTH]: 'month',
}

function messagesOf(
  items: readonly Details<Metadata, AggregatedRating>[],
  context: HandlerContext,
): MovieDetails[] {
  return items.map((one) => toMessage(one, context))
}

function toMessage(
  details: Details<Metadata, AggregatedRating>,
  context: HandlerContext,
): MovieDetails {
  if (details.ratingStatus === 'unavailable') logMissingRating(details.reason, context)
  return detailsMessage(details)
}

function detailsMessage(details: Details<Metadata, AggregatedRating>): MovieDetails {
  const { metadata, rating, ratingStatus } = details
  const scale = ratingStatus === 'not-rated' ? details.scale : undefined
  return create(MovieDetailsSchema, {
    metadata,
    rating,
    ratingStatus: statuses[ratingStatus],
    ...(scale && { ratingScale: create(ScaleSchema, scale) }),
  })
}

const watchMessages = new WeakMap<Details<Metadata, AggregatedRating>, WatchMovieDetailsResponse>()

/** Returns one message for all who get these details at the same revision. */
function toWatchMessage(
  details: Details<Metadata, AggregatedRating>,
  resumeRevision: bigint,
): WatchMovieDetailsResponse {
  const known = watchMessages.get(details)
  if (known?.resumeRevision === resumeRevision) return known
  const movieDetails = detailsMessage(details)
  const content = { movieDetails, resumeRevision }
  const message = encodeOnce(create(WatchMovieDetailsResponseSchema, content))
  watchMessages.set(details, message)
  return message
}

/** Adds the reason to the log line of the call, which succeeds. */
function logMissingRating(reason: string, context: HandlerContext): void {
  const call = context.values.get(callKey)
  if (call !== undefined) call.error ??= new Error(`the rating is unavailable: ${reason}`)
}

const statuses = {
  rated: RatingStatus.RATED,
  'not-rated': RatingStatus.NOT_RATED,
  unavailable: RatingStatus.UNAVAILABLE,
} as const

function unknownMovie(id: string): ConnectError {
  const error = new ConnectError(`no metadata of the movie ${quoted(id)}`, Code.NotFound)
  return withReason(error, 'MOVIE_NOT_FOUND', { movieId: id })
}

function unavailable(reason: string): ConnectError {
  const text = 'the metadata service is unavailable: call again later'
  const cause = new Error(reason)
  const error = new ConnectError(text, Code.Unavailable, undefined, undefined, cause)
  return withReason(error, 'METADATA_UNAVAILABLE')
}

/** Codes of errors about the call itself, which are passed to the caller. */
const passedCodes = new Set([Code.InvalidArgument, Code.DeadlineExceeded, Code.Canceled])

/**
 * Fails a list that metadata could not return. The reason is only logged, because it contains
 * internal addresses.
 */
function failList(cause: unknown): never {
  const isByRatings = cause instanceof RatingsUnknownError
  if (!isByRatings && !(cause instanceof ConnectError)) throw cause
  if (!isByRatings && (passedCodes.has(cause.code) || cause.code === Code.FailedPrecondition)) {
    throw cause
  }
  throw listUnavailable(isByRatings ? 'RATING_UNAVAILABLE' : 'METADATA_UNAVAILABLE', cause)
}

function listUnavailable(
  reason: 'RATING_UNAVAILABLE' | 'METADATA_UNAVAILABLE',
  cause?: unknown,
): ConnectError {
  const text = 'the list is unavailable: call again later'
  return withReason(new ConnectError(text, Code.Unavailable, undefined, undefined, cause), reason)
}

/** Codes of errors that a repeated deletion would get, too. */
const finalCodes = new Set([...passedCodes, Code.PermissionDenied, Code.Unauthenticated])

/**
 * Fails a deletion, and says what is deleted already. An error that a repeated deletion would get,
 * too, keeps its details.
 */
function failDeletion(error: unknown, etag: string): never {
  const cause = error instanceof RatingsLeftError ? error.cause : error
  if (!(cause instanceof ConnectError)) throw cause
  if (cause.code === Code.Aborted) throw otherVersion(cause)
  const done =
    error instanceof RatingsLeftError
      ? `the movie is deleted, and ${error.deletedRatingCount} of its ratings`
      : 'metadata has not confirmed that the movie is deleted'
  const isFinal = finalCodes.has(cause.code)
  if (isFinal) throw copyError(cause, { rawMessage: `${done}: ${cause.rawMessage}` })
  const hasEtag = error instanceof RatingsLeftError && etag !== ''
  const again = hasEtag ? 'call again later, without the etag' : 'call again later'
  const deletedRatingCount = error instanceof RatingsLeftError ? error.deletedRatingCount : 0
  const failure = new ConnectError(
    `${done}: ${again}`,
    Code.Unavailable,
    undefined,
    undefined,
    cause,
  )
  throw withReason(failure, 'DELETION_INCOMPLETE', { deletedRatingCount })
}

/** Passes the error of metadata about a condition that is not met, by REST as 412. */
function otherVersion(cause: ConnectError): ConnectError {
  const error = new ConnectError(cause.rawMessage, cause.code, undefined, undefined, cause)
  const status: HttpError = { httpStatus: 412 }
  return Object.assign(error, status, { details: cause.details })
}

/** Recognizes the token of the service that orders the list. */
function isToken(value: unknown): value is string {
  return typeof value === 'string'
}

function nextToken(list: string, page: Page<unknown>): string {
  return page.nextPageToken === '' ? '' : encodePageToken(list, page.nextPageToken)
}
