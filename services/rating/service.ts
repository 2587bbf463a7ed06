import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createServiceApp, type ServiceAppBase } from '../../platform/rpc/app.ts'
import { addRatingRoutes } from './rest.ts'
import { createRatingRpc } from './rpc.ts'
import type { RatingStore } from './store/port.ts'
import type { AggregateWatches } from './watch.ts'

export interface RatingServiceOptions extends ServiceAppBase {
  readonly store: RatingStore
  readonly watches: AggregateWatches
}

/** The rating service as a Hono app. */
export function createRatingService({ store, watches, ...base }: RatingServiceOptions) {
  return createServiceApp({
    ...base,
    name: 'rating',
    services: [RatingService],
    mount({ router, app, validate, call }) {
      const rpc = createRatingRpc({ store, watches, validate })
      router.service(RatingService, rpc)
      addRatingRoutes(app, call, rpc)
    },
  })
}
