import { createServer, type Http2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { create } from '@bufbuild/protobuf'
import type { ConnectRouter } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import {
  type Metadata,
  MetadataSchema,
  MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { type Rating, RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { externalSources } from '../../services/metadata/metadata.ts'
import { defaultScale, type Scale } from '../../services/rating/scale.ts'
import { sourceNumbers } from '../exports/source-numbers.ts'

/**
 * Metadata and rating service for tests, with the methods that producers call. Records what it
 * receives.
 */
export interface RecordingServices extends AsyncDisposable {
  readonly url: string
  readonly movies: Map<string, Metadata>
  readonly ratings: Map<string, Rating>
  /** Scale that the rating service reports. It accepts every value. Default: half stars. */
  scale: Pick<Scale, 'min' | 'max' | 'step'>
  /** Number of messages in each import call. */
  readonly callSizes: number[]
  /** Error of an export before its first rating. Default: none. */
  failure: Error | undefined
  /** Called at the end of each import call. */
  onCall: () => void
  /** Removes all recorded data. */
  clear(): void
}

interface Refusal {
  readonly index: bigint
  readonly reason: string
}

/**
 * Starts the services on a free port of 127.0.0.1. They refuse movies without a title and ratings
 * without a user.
 */
export async function startRecordingServices(): Promise<RecordingServices> {
  const movies = new Map<string, Metadata>()
  const ratings = new Map<string, Rating>()
  const callSizes: number[] = []
  const sessions = new Set<Http2Session>()
  const server = createServer(connectNodeAdapter({ routes }))
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })

  /** Saves the messages that pass `refuse` in the map, and returns the response of an import. */
  async function keep<T>(
    messages: AsyncIterable<T>,
    kept: Map<string, T>,
    keyOf: (message: T) => string,
    refuse: (message: T) => string,
  ) {
    let index = 0
    let createdCount = 0n
    const refusals: Refusal[] = []
    for await (const message of messages) {
      const reason = refuse(message)
      if (reason !== '') refusals.push({ index: BigInt(index), reason })
      else if (!kept.has(keyOf(message))) createdCount++
      if (reason === '') kept.set(keyOf(message), message)
      index++
    }
    callSizes.push(index)
    recording.onCall()
    const refusedCount = BigInt(refusals.length)
    const replacedCount = BigInt(index) - createdCount - refusedCount
    return { createdCount, replacedCount, refusedCount, refusals: refusals.slice(0, 20) }
  }

  function routes(router: ConnectRouter) {
    router.service(MetadataService, {
      importMetadata: (requests) =>
        keep(
          movieOf(requests),
          movies,
          ({ id }) => id,
          ({ title }) => (title === '' ? 'title is empty' : ''),
        ),
      batchGetMetadata: ({ movieIds }) => ({
        metadata: movieIds.flatMap((id) => movies.get(id) ?? []),
        missingMovieIds: movieIds.filter((id) => !movies.has(id)),
      }),
      batchGetMovieIds: ({ source, externalIds }) => findAll(movies, source, externalIds),
      listMetadata: ({ query, pageSize, pageToken }) => {
        const start = Number(pageToken)
        const found = [...movies.values()].filter(({ title }) => hasWords(title, query))
        const metadata = found.slice(start, start + pageSize)
        const end = start + metadata.length
        return { metadata, nextPageToken: end < found.length ? String(end) : '' }
      },
    })
    router.service(RatingService, {
      importRatings: (requests) =>
        keep(ratingOf(requests), ratings, keyOfRating, ({ userId }) =>
          userId === '' ? 'user_id is empty' : '',
        ),
      async *watchAggregatedRatings({ records }) {
        const { min, max, step } = recording.scale
        for (const record of records)
          yield {
            aggregatedRating: {
              recordId: record.recordId,
              recordType: record.recordType,
              scale: { min, max, step },
            },
          }
      },
      async *exportRatings({ of }) {
        for (const rating of ratings.values()) {
          if (of.case === 'userId' && of.value !== rating.userId) continue
          if (recording.failure !== undefined) throw recording.failure
          yield { rating }
        }
      },
      putRating: (rating) => {
        ratings.set(keyOfRating(rating), { ...rating, revision: 0n, $typeName: 'rating.v1.Rating' })
        return {}
      },
    })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const recording: RecordingServices = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    movies,
    ratings,
    scale: defaultScale,
    callSizes,
    failure: undefined,
    onCall: () => {},
    clear() {
      movies.clear()
      ratings.clear()
      callSizes.length = 0
      recording.onCall = () => {}
      recording.failure = undefined
      recording.scale = defaultScale
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return recording
}

function findAll(
  movies: ReadonlyMap<string, Metadata>,
  number: number,
  externalIds: readonly string[],
) {
  const source = externalSources.find((each) => sourceNumbers[each] === number) ?? 'imdb'
  const claiming = Map.groupBy(movies.values(), (movie) => movie.externalIds?.[source])
  const found = externalIds.map((externalId) => {
    return { externalId, movieIds: (claiming.get(externalId) ?? []).map(({ id }) => id) }
  })
  return {
    matches: found.flatMap(({ externalId, movieIds: [movieId = '', ...more] }) =>
      movieId === '' || more.length > 0 ? [] : [{ externalId, movieId }],
    ),
    ambiguities: found.filter(({ movieIds }) => movieIds.length > 1),
  }
}

/** Returns whether each word of the query is the beginning of a word of the title. */
function hasWords(title: string, query: string): boolean {
  const words = wordsOf(title)
  return wordsOf(query).every((start) => words.some((word) => word.startsWith(start)))
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

function keyOfRating({ userId, recordId }: { userId: string; recordId: string }): string {
  return `${userId} ${recordId}`
}

async function* movieOf(requests: AsyncIterable<{ metadata?: Metadata | undefined }>) {
  for await (const { metadata } of requests) yield metadata ?? create(MetadataSchema)
}

async function* ratingOf(requests: AsyncIterable<{ rating?: Rating | undefined }>) {
  for await (const { rating } of requests) if (rating !== undefined) yield rating
}
