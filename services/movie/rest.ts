import type { JsonObject } from '@bufbuild/protobuf'
import type { ServiceApp } from '@marquee/service/app'
import { refuseMethod, toRestJson } from '@marquee/service/rest/rest'
import { type MovieDetails, MovieDetailsSchema, MovieService } from '../../gen/movie/v1/movie_pb.ts'
import type { MovieRpc } from './rpc.ts'

/**
 * Adds `GET /movie?id=`, which returns the details of the movie, and `GET /movie/watch?id=`, which
 * streams them. `Last-Event-ID`, or `&since=`, continues an earlier stream.
 */
export function addMovieRoutes(app: ServiceApp, rpc: MovieRpc): void {
  app.access.addRoute('/movie', { GET: MovieService.method.getMovieDetails })
  app.get('/movie', async (c) => {
    const request = { movieId: c.req.query('id') ?? '' }
    const method = MovieService.method.getMovieDetails
    const { movieDetails } = await app.restCall(c, method, rpc.getMovieDetails, request)
    return c.json(movieDetails && toJson(movieDetails))
  })
  app.all('/movie', refuseMethod('GET, HEAD'))
  app.addStream('/movie/watch', MovieService.method.watchMovieDetails, (c) => ({
    implementation: rpc.watchMovieDetails,
    request: { movieId: c.req.query('id') ?? '', sinceRevision: c.req.query('since') ?? '0' },
    eventOf: () => ({ name: 'movie' }),
  }))
}

/** Returns the details as this route has always had them. */
function toJson({ metadata, ...details }: MovieDetails): JsonObject {
  const known = metadata && { ...metadata, etag: '' }
  return toRestJson(MovieDetailsSchema, { ...details, ...(known && { metadata: known }) })
}
