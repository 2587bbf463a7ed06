import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { readVegaMovies } from '../../producers/catalogue/vega.ts'
import { withClient } from '../../producers/client.ts'
import { noToken } from '../../producers/token.ts'

const recordType = 'movie'

export interface NewRating {
  readonly recordId: string
  readonly userId: string
  readonly value: number
  /** When the user rated, in milliseconds since the Unix epoch. Default: nobody says. */
  readonly ratedTimeMs?: number
}

/** Other people, who rate by calling the rating service. */
export interface Others {
  rate(recordId: string, userId: string, value: number): Promise<void>
  rateMany(ratings: readonly NewRating[]): Promise<void>
  /** Returns the count and the mean of a movie's ratings. */
  aggregateOf(recordId: string): Promise<{ readonly count: number; readonly mean: number }>
}

export function createOthers(ratingUrl: string): Others {
  const client = createClient(RatingService, createConnectTransport({ baseUrl: ratingUrl }))
  return {
    async rate(recordId, userId, value) {
      await client.putRating({ recordType, recordId, userId, value })
    },
    async rateMany(ratings) {
      const { refusals } = await withClient(RatingService, ratingUrl, noToken, (grpc) =>
        grpc.importRatings(toImport(ratings)),
      )
      if (refusals.length > 0) throw new Error(`refused: ${refusals[0]?.reason}`)
    },
    async aggregateOf(recordId) {
      try {
        const { aggregatedRating } = await client.getAggregatedRating({ recordType, recordId })
        return { count: Number(aggregatedRating?.count), mean: aggregatedRating?.mean ?? 0 }
      } catch (error) {
        if (ConnectError.from(error).code === Code.NotFound) return { count: 0, mean: 0 }
        throw error
      }
    },
  }
}

async function* toImport(ratings: readonly NewRating[]) {
  for (const { ratedTimeMs, ...rating } of ratings) {
    const ratedTime = ratedTimeMs === undefined ? undefined : timestampFromMs(ratedTimeMs)
    yield { rating: { recordType, ...rating, ...(ratedTime && { ratedTime }) } }
  }
}

/** A movie of the demo catalogue. */
export interface KnownMovie {
  readonly id: string
  readonly title: string
  readonly director: string
  /** Accessible name of its links: title and year. */
  readonly name: string
}

/** The movies with the most IMDb votes, of those with a director and a year. */
export async function famousMovies(count: number): Promise<KnownMovie[]> {
  const movies = await Array.fromAsync(readVegaMovies())
  return movies
    .filter(({ director, year }) => director && year)
    .sort((a, b) => (b.imdbVotes ?? 0) - (a.imdbVotes ?? 0))
    .slice(0, count)
    .map(({ id, title, director = '', year }) => ({
      id,
      title,
      director,
      name: `${title}, ${year}`,
    }))
}

/** Ratings that give the movies this order: all fives for the first, and one more two for each next. */
export function ratingsInOrder(movies: readonly KnownMovie[]): NewRating[] {
  return movies.flatMap(({ id }, rank) =>
    movies.map((_, n) => ({ recordId: id, userId: `other-${n}`, value: n < rank ? 2 : 5 })),
  )
}
