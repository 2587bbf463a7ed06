import type { JsonObject } from '@bufbuild/protobuf'
import type { Example } from './example.ts'
import { system } from './examples-system.ts'

const movieId = 'the-matrix-1999'
const record = { recordType: 'movie', recordId: movieId }
const user = 'ann'
/** The movie that the examples write. The catalogue does not have it. */
const copy = { id: 'heat-1995-copy', title: 'Heat', director: 'Michael Mann', year: 1995 }

const example = (title: string, ...messages: readonly JsonObject[]): Example => ({
  title,
  messages,
})
const perhaps = (one: Example): Example => ({ ...one, codeWithoutData: 'not_found' })

const movie: Readonly<Record<string, readonly Example[]>> = {
  GetMovieDetails: [
    example('The Matrix', { movieId }),
    example('Alien', { movieId: 'alien-1979' }),
    perhaps(example('A movie that does not exist', { movieId: 'no-such-movie' })),
  ],
  ListMovies: [
    example('Search for “star wars”', { query: 'star wars', pageSize: 5 }),
    example('The top rated', { order: 'ORDER_TOP_RATED', pageSize: 10 }),
    example('Top this week', { order: 'ORDER_TOP_RATED', period: 'PERIOD_WEEK', pageSize: 10 }),
    example('Count movies by genre', { pageSize: 1, includeFacets: true }),
  ],
  ListSimilarMovies: [
    example('Like The Matrix', { movieId, pageSize: 5 }),
    example('Like Alien', { movieId: 'alien-1979', pageSize: 5 }),
  ],
  DeleteMovie: [
    example('Delete a movie with its ratings', { movieId: copy.id, deleteRatings: true }),
    example('Delete a movie, keep its ratings', { movieId: copy.id }),
  ],
  WatchMovieDetails: [
    example('Watch The Matrix', { movieId }),
    example('Watch Alien', { movieId: 'alien-1979' }),
  ],
}

const metadata: Readonly<Record<string, readonly Example[]>> = {
  GetMetadata: [
    example('The Matrix', { movieId }),
    perhaps(example('A movie that does not exist', { movieId: 'no-such-movie' })),
  ],
  BatchGetMetadata: [
    example('Two movies', { movieIds: [movieId, 'alien-1979'] }),
    example('One that does not exist', { movieIds: [movieId, 'no-such-movie'] }),
  ],
  BatchGetMovieIds: [
    example('By IMDb id', {
      source: 'EXTERNAL_SOURCE_IMDB',
      externalIds: ['tt0113277', 'tt0000000'],
    }),
    example('By TMDB id', { source: 'EXTERNAL_SOURCE_TMDB', externalIds: ['949'] }),
  ],
  PutMetadata: [
    example('A movie', { metadata: { ...copy, genres: ['Crime', 'Drama'] } }),
    example('A movie with ids of other sites', {
      metadata: {
        ...copy,
        releaseDate: '1995-12-15',
        runningTimeMinutes: 170,
        externalIds: { imdb: 'tt0113277', tmdb: '949' },
      },
    }),
  ],
  UpdateMetadata: [
    perhaps(
      example('Change the description', {
        metadata: { id: copy.id, description: 'A robber and a detective.' },
      }),
    ),
    perhaps(
      example('Clear the description', { metadata: { id: copy.id }, updateMask: 'description' }),
    ),
  ],
  DeleteMetadata: [
    example('The movie of the examples', { movieId: copy.id }),
    example('A movie that does not exist', { movieId: 'no-such-movie' }),
  ],
  ListMetadata: [
    example('Search for “star wars”', { query: 'star wars', pageSize: 5 }),
    example('Count movies by genre', { pageSize: 1, includeFacets: true }),
  ],
  ImportMetadata: [
    example(
      'Two movies',
      { metadata: { ...copy } },
      { metadata: { id: 'ronin-1998-copy', title: 'Ronin', year: 1998 } },
    ),
    example('One of two is refused', { metadata: { ...copy } }, { metadata: { title: 'No id' } }),
  ],
}

const rating: Readonly<Record<string, readonly Example[]>> = {
  GetAggregatedRating: [
    perhaps(example('The Matrix', record)),
    perhaps(example('A movie that nobody rated', { ...record, recordId: 'no-such-movie' })),
  ],
  BatchGetAggregatedRatings: [
    example('Two movies', { records: [record, { ...record, recordId: 'alien-1979' }] }),
    example('One movie', { records: [record] }),
  ],
  PutRating: [
    example('Rate The Matrix 4.5', { ...record, userId: user, value: 4.5 }),
    example('Rate Alien 5', { ...record, recordId: 'alien-1979', userId: user, value: 5 }),
  ],
  DeleteRating: [
    example("Ann's rating of The Matrix", { ...record, userId: user }),
    example('A rating that does not exist', { ...record, userId: 'nobody' }),
  ],
  DeleteRecordRatings: [
    example('Of the movie of the examples', { ...record, recordId: copy.id }),
    example('Of a movie that nobody rated', { ...record, recordId: 'no-such-movie' }),
  ],
  GetRating: [
    perhaps(example("Ann's rating of The Matrix", { ...record, userId: user })),
    perhaps(example('A rating that does not exist', { ...record, userId: 'nobody' })),
  ],
  ListTopRated: [
    example('The first 5', { recordType: 'movie', pageSize: 5 }),
    example('With 10 ratings or more', { recordType: 'movie', countMin: '10', pageSize: 5 }),
    example('The first 5 of this week', {
      recordType: 'movie',
      period: 'PERIOD_WEEK',
      pageSize: 5,
    }),
  ],
  WatchAggregatedRatings: [
    example('One movie', { records: [record] }),
    example('Every movie', { recordType: 'movie' }),
    example('The top 5', { top: { recordType: 'movie', limit: 5 } }),
  ],
  ListRatings: [
    example("Ann's ratings", { userId: user, pageSize: 5 }),
    example('All ratings of The Matrix', { record, pageSize: 5 }),
  ],
  GetUserSummary: [
    example('Of Ann', { userId: user }),
    example('Of somebody without ratings', { userId: 'nobody' }),
  ],
  ExportRatings: [
    example("Ann's ratings", { userId: user }),
    example('The ratings of everybody', { allUsers: true }),
  ],
  EraseUser: [
    example('Somebody without ratings', { userId: 'nobody' }),
    example('Ann', { userId: user }),
  ],
  ImportRatings: [
    example(
      'Two ratings',
      { rating: { ...record, userId: user, value: 4 } },
      { rating: { ...record, userId: 'bob', value: 3.5 } },
    ),
    example(
      'One of two is refused',
      { rating: { ...record, userId: user, value: 4 } },
      { rating: { ...record, userId: 'bob', value: 9 } },
    ),
  ],
}

const byService: Readonly<Record<string, Readonly<Record<string, readonly Example[]>>>> = {
  'movie.v1.MovieService': movie,
  'metadata.v1.MetadataService': metadata,
  'rating.v1.RatingService': rating,
  ...system,
}

/** The examples of a method, of which the first fills in the form. */
export function examplesOf(typeName: string, methodName: string): readonly Example[] {
  return byService[typeName]?.[methodName] ?? []
}
