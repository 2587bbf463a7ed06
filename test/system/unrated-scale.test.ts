import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { startService } from './service-process.ts'

test('every response about a movie that nobody has rated has the scale of movies', async () => {
  const memory = ['--database-url', 'memory:']
  await using metadata = await startService({ service: 'metadata', args: memory })
  const scale = ['--scale', 'movie=1:10:1', '--event-log', ':memory:']
  await using rating = await startService({ service: 'rating', args: [...memory, ...scale] })
  const urls = ['--metadata-url', metadata.url, '--rating-url', rating.url]
  await using movie = await startService({ service: 'movie', args: urls })
  const catalogue = createClient(MetadataService, createConnectTransport({ baseUrl: metadata.url }))
  await catalogue.putMetadata({ metadata: { id: 'alien', title: 'Alien' } })
  const movies = createClient(MovieService, createConnectTransport({ baseUrl: movie.url }))
  const request = { movieId: 'alien' }
  const { movieDetails } = await movies.getMovieDetails(request)
  const [listed] = (await movies.listMovies({})).movies
  const watch = movies.watchMovieDetails(request)[Symbol.asyncIterator]()
  const { value: watched } = await watch.next()
  await watch.return?.()
  for (const details of [movieDetails, listed, watched.movieDetails]) {
    expect(details).toMatchObject({
      ratingStatus: RatingStatus.NOT_RATED,
      ratingScale: { min: 1, max: 10, step: 1 },
    })
    expect(details.rating).toBeUndefined()
  }
}, 60_000)
