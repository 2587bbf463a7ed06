import type { DescMethod } from '@bufbuild/protobuf'
import { mountConnect } from '@marquee/connect-hono/mount'
import { type AppOptions, createApp } from '@marquee/service/app'
import { restPathFields } from '@marquee/service/rest/path-fields'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { DeadLetterService } from '../../gen/system/v1/system_pb.ts'
import { ingestActivity } from './activity.ts'
import { createDeadLetterRpc } from './dead-letter-rpc.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { EraseUser } from './erasure/erase-user.ts'
import type { Ingest } from './ingest.ts'
import type { PeriodClock } from './period/period-lists.ts'
import { addRatingRoutes } from './rest.ts'
import { createRatingRpc } from './rpc.ts'
import type { RatingDatabase } from './store/database.ts'
import type { AggregateWatches } from './watch.ts'

export interface RatingAppOptions extends AppOptions {
  readonly store: RatingDatabase
  readonly watches: AggregateWatches
  /** Clock of the lists of a period. */
  readonly clock?: PeriodClock
  /** Default: erases users from the store alone. */
  readonly eraseUser?: EraseUser
  /** Default: none, and their methods are `UNIMPLEMENTED`. */
  readonly deadLetters?: DeadLetters
  /** Default: none, and the activity says that ingestion is stopped. */
  readonly ingest?: Pick<Ingest, 'status'>
}

/** Loaded when somebody reads the OpenAPI document. */
const descriptions = () => import('../../gen/openapi/descriptions.ts')

/** Creates the rating service as a Hono app. */
export function createRatingApp(options: RatingAppOptions) {
  const { store, watches, clock, eraseUser, deadLetters, ingest, ...base } = options
  const letters = base.closed?.has('dead-letters') ? undefined : deadLetters
  const activityDetails = () => ingestActivity(ingest?.status())
  const app = createApp('rating', { ...base, activityDetails, restPathFields, descriptions })
  const { validate } = app.rpcOptions
  const rpc = createRatingRpc({ store, watches, clock, eraseUser, validate })
  mountConnect(
    app,
    (router) =>
      router
        .service(RatingService, rpc, { repeatsState: isWatch })
        .service(DeadLetterService, letters ? createDeadLetterRpc(letters) : {}),
    app.rpcOptions,
  )
  addRatingRoutes(app, rpc, store.scoring)
  return app
}

/** An export sends each rating once. */
function isWatch({ localName }: DescMethod): boolean {
  return localName === 'watchAggregatedRatings'
}
