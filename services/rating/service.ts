import { createServiceApp, type ServiceAppBase } from '@marquee/service/app'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { DeadLetterService } from '../../gen/system/v1/system_pb.ts'
import { ingestActivity } from './activity.ts'
import { createDeadLetterRpc } from './dead-letter-rpc.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { IngestStatus } from './ingest.ts'
import { addRatingRoutes } from './rest.ts'
import { createRatingRpc } from './rpc.ts'
import type { RatingStore } from './store/port.ts'
import type { AggregateWatches } from './watch.ts'

export interface RatingServiceOptions extends ServiceAppBase {
  readonly store: RatingStore
  readonly watches: AggregateWatches
  /** Default: none, and their methods are `UNIMPLEMENTED`. */
  readonly deadLetters?: DeadLetters
  /** How ingestion does; undefined before it has begun. Default: it never begins. */
  readonly ingestStatus?: () => IngestStatus | undefined
}

/** The rating service as a Hono app. */
export function createRatingService(options: RatingServiceOptions) {
  const { store, watches, deadLetters, ingestStatus, ...base } = options
  return createServiceApp({
    ...base,
    name: 'rating',
    services: [RatingService, DeadLetterService],
    activityDetails: () => ingestActivity(ingestStatus?.()),
    mount({ router, app, validate, call }) {
      const rpc = createRatingRpc({ store, watches, validate })
      router.service(RatingService, rpc, { repeatsState: true })
      router.service(DeadLetterService, deadLetters ? createDeadLetterRpc(deadLetters) : {})
      addRatingRoutes(app, call, rpc)
    },
  })
}
