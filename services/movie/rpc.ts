import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { callKey } from '@marquee/connect-hono/call'
import { quoted } from '@marquee/connect-hono/errors/text'
import { encodeOnce } from '@marquee/connect-hono/response/encode-once'
import { decodePageToken, encodePageToken } from '@marquee/service/rest/page-token'
import type { Metadata } from '../../gen/metadata/v1/metadata_pb.ts'
import {
  type MovieDetails,
  MovieDetailsSchema,
  type MovieService,
  ListMoviesRequest_Order as Order,
  RatingStatus,
  type WatchMovieDetailsResponse,
  WatchMovieDetailsResponseSchema,
} from '../../gen/movie/v1/movie_pb.ts'
import type { AggregatedRating } from '../../gen/rating/v1/rating_pb.ts'
import { type Ask, createMovies, type Details, type Page, type Sources } from './movie.ts'
import { shareAnswers } from './shared-answers.ts'
import { createDetailsWatches, createSeparateWatches } from './watch.ts'

export interface MovieRpcOptions {
  readonly sources: Sources<Metadata, AggregatedRating>
  /** Aborted when the process is about to end. */
  readonly draining?: AbortSignal | undefined
  /** Whether those who watch a movie share one watch of its rating. Default: true. */
  readonly callsShare?: boolean | undefined
}

/** `movie.v1.MovieService` on the two services it calls. */
export function createMovieRpc({ sources, draining, callsShare = true }: MovieRpcOptions) {
  const movies = createMovies(sources)
  const createWatches = callsShare ? createDetailsWatches : createSeparateWatches
  const watches = createWatches<Metadata, AggregatedRating>({ ...sources, draining })
  const { get } = sources.metadata
  const watchedMovie = callsShare ? shareAnswers(get) : get
  return {
    async getMovieDetails({ movieId }, context) {
      const answer = await movies.details(movieId, askFor(context))
      if (answer.kind === 'absent') throw unknownMovie(movieId)
      if (answer.kind === 'unavailable') throw unavailable(answer.reason)
      return { movieDetails: toMessage(answer.value, context) }
    },

    async listMovies(request, context) {
      const { pageSize, query, ratingCountMin: countMin, pageToken } = request
      const top = request.order === Order.TOP_RATED
      const list = top ? `movies:top:${countMin}` : `movies:title:${query}`
      const options = { pageSize, pageToken: decodePageToken(pageToken, list, isToken) ?? '' }
      const ask = askFor(context)
      const page = await (top
        ? movies.top({ ...options, countMin }, ask)
        : movies.catalogue({ ...options, query }, ask)
      ).catch(failList)
      return {
        movies: page.items.map((one) => toMessage(one, context)),
        nextPageToken: nextToken(list, page),
      }
    },

    async *watchMovieDetails({ movieId }, context) {
      const ask = askFor(context)
      const movie = await watchedMovie(movieId, ask)
      if (movie.kind === 'absent') throw unknownMovie(movieId)
      if (movie.kind === 'unavailable') throw unavailable(movie.reason)
      for await (const details of watches.watch(movieId, movie.value, ask)) {
        if (details.ratingStatus === 'unavailable') noteMissingRating(details.reason, context)
        yield toWatchMessage(details)
      }
    },
  } satisfies ServiceImpl<typeof MovieService>
}

export type MovieRpc = ReturnType<typeof createMovieRpc>

function askFor(context: HandlerContext): Ask {
  const leftMs = context.timeoutMs()
  return {
    signal: context.signal,
    deadlineMs: leftMs === undefined ? undefined : performance.now() + leftMs,
    requestId: context.values.get(callKey)?.requestId ?? '',
  }
}

function toMessage(
  details: Details<Metadata, AggregatedRating>,
  context: HandlerContext,
): MovieDetails {
  if (details.ratingStatus === 'unavailable') noteMissingRating(details.reason, context)
  return detailsMessage(details)
}

function detailsMessage(details: Details<Metadata, AggregatedRating>): MovieDetails {
  const { metadata, rating, ratingStatus } = details
  return create(MovieDetailsSchema, { metadata, rating, ratingStatus: statuses[ratingStatus] })
}

const watchMessages = new WeakMap<Details<Metadata, AggregatedRating>, WatchMovieDetailsResponse>()

/** One message for all who are given these details. */
function toWatchMessage(details: Details<Metadata, AggregatedRating>): WatchMovieDetailsResponse {
  const known = watchMessages.get(details)
  if (known !== undefined) return known
  const movieDetails = detailsMessage(details)
  const message = encodeOnce(create(WatchMovieDetailsResponseSchema, { movieDetails }))
  watchMessages.set(details, message)
  return message
}

/** The call succeeds; its log line says what it had to do without. */
function noteMissingRating(reason: string, context: HandlerContext): void {
  const call = context.values.get(callKey)
  if (call !== undefined) call.error ??= new Error(`the rating is unavailable: ${reason}`)
}

const statuses = {
  rated: RatingStatus.RATED,
  'not-rated': RatingStatus.NOT_RATED,
  unavailable: RatingStatus.UNAVAILABLE,
} as const

function unknownMovie(id: string): ConnectError {
  return new ConnectError(`no metadata of the movie ${quoted(id)}`, Code.NotFound)
}

function unavailable(reason: string): ConnectError {
  const text = 'the metadata service is unavailable: call again later'
  return new ConnectError(text, Code.Unavailable, undefined, undefined, new Error(reason))
}

/** The errors of another service that are about the call itself, and passed on. */
const passedOn = new Set([Code.InvalidArgument, Code.DeadlineExceeded, Code.Canceled])

/**
 * A list is of no use without the service that orders it. Why that is unavailable is for the log:
 * it names addresses that are no business of a caller.
 */
function failList(cause: unknown): never {
  if (!(cause instanceof ConnectError) || passedOn.has(cause.code)) throw cause
  const text = 'the list is unavailable: call again later'
  throw new ConnectError(text, Code.Unavailable, undefined, undefined, cause)
}

/** The token of the service that orders the list. */
function isToken(value: unknown): value is string {
  return typeof value === 'string'
}

function nextToken(list: string, page: Page<unknown>): string {
  return page.nextPageToken === '' ? '' : encodePageToken(list, page.nextPageToken)
}
