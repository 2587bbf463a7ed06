import { mountConnect } from '@marquee/connect-hono/mount'
import { type AppOptions, createApp } from '@marquee/service/app'
import type { SignIn } from '@marquee/service/auth/session/open'
import { restPathFields } from '@marquee/service/rest/path-fields'
import type { Metadata } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import type { AggregatedRating } from '../../gen/rating/v1/rating_pb.ts'
import { SystemService } from '../../gen/system/v1/system_pb.ts'
import type { PublicDoor } from './door.ts'
import type { Sources } from './movie.ts'
import type { MoviePage } from './page.ts'
import { addMovieRoutes } from './rest.ts'
import { createMovieRpc } from './rpc.ts'
import type { SystemWatches } from './system.ts'
import { createSystemRpc } from './system-rpc.ts'

export interface MovieAppOptions extends AppOptions {
  readonly sources: Sources<Metadata, AggregatedRating>
  /** How people sign in to the page. Default: nobody does. */
  readonly signIn?: SignIn | undefined
  /** Forwards the calls of the other services. Default: their RPCs are not served. */
  readonly door?: PublicDoor
  /** Default: none. */
  readonly page?: MoviePage
  /** Default: none, and its methods are `UNIMPLEMENTED`. */
  readonly system?: SystemWatches
}

/** Loaded when somebody reads the OpenAPI document. */
const descriptions = () => import('../../gen/openapi/descriptions.ts')

/** Creates the movie service as a Hono app. */
export function createMovieApp(options: MovieAppOptions) {
  const { sources, door, page, system, signIn, ...base } = options
  const app = createApp('movie', { ...base, restPathFields, descriptions })
  const { drain } = app.rpcOptions
  const isOpen = !base.closed?.has('system')
  const rpc = createMovieRpc({ sources, draining: drain, callsShare: base.callsShare })
  mountConnect(
    app,
    (router) =>
      router
        .service(MovieService, rpc, { repeatsState: true })
        .service(SystemService, isOpen && system ? createSystemRpc(system) : {}, {
          repeatsState: true,
        }),
    app.rpcOptions,
  )
  addMovieRoutes(app, rpc)
  signIn?.addTo(app)
  door?.addTo(app, base.admission)
  page?.addTo(app, sources.metadata)
  return app
}
