import { createServiceApp, type ServiceAppBase } from '@marquee/service/app'
import type { Metadata } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import type { AggregatedRating } from '../../gen/rating/v1/rating_pb.ts'
import { SystemService } from '../../gen/system/v1/system_pb.ts'
import type { Sources } from './movie.ts'
import type { MoviePage } from './page.ts'
import { addMovieRoutes } from './rest.ts'
import { createMovieRpc } from './rpc.ts'
import type { SystemWatches } from './system.ts'
import { createSystemRpc } from './system-rpc.ts'

export interface MovieServiceOptions extends ServiceAppBase {
  readonly sources: Sources<Metadata, AggregatedRating>
  /** None unless told. */
  readonly page?: MoviePage
  /** None unless told: then its methods are `UNIMPLEMENTED`. */
  readonly system?: SystemWatches
}

/** The movie service as a Hono app. */
export function createMovieService({ sources, page, system, ...base }: MovieServiceOptions) {
  return createServiceApp({
    ...base,
    name: 'movie',
    services: [MovieService, SystemService],
    mount({ router, app, call, streams }) {
      const { admission, callsShare, health } = base
      const drain = health.draining
      const rpc = createMovieRpc({ sources, draining: drain, callsShare })
      router.service(MovieService, rpc, { repeatsState: true })
      router.service(SystemService, system ? createSystemRpc(system) : {}, { repeatsState: true })
      addMovieRoutes(app, call, rpc)
      page?.addTo(app, { drain, streams, admission })
    },
  })
}
