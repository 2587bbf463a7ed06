import type { JsonObject } from '@bufbuild/protobuf'
import type { Environment } from '@marquee/connect-hono/call'
import type { ServiceApp } from '@marquee/service/app'
import { refuseMethod, toRestJson } from '@marquee/service/rest/rest'
import type { Context } from 'hono'
import {
  AggregatedRatingSchema,
  RatingSchema,
  RatingService,
} from '../../gen/rating/v1/rating_pb.ts'
import type { RatingRpc } from './rpc.ts'
import type { Scoring } from './scoring.ts'
import { offScale } from './value.ts'

const { getAggregatedRating, getRating, putRating } = RatingService.method

/**
 * Matches a decimal number as people write it. The JSON form of protobuf would also accept "5e0" and
 * "NaN".
 */
const decimalNumber = /^-?(0|[1-9]\d{0,5})(\.\d{1,4})?$/

/**
 * Adds `GET /rating?id=&type=`, which returns the aggregate or, with `&userId=`, the rating of one
 * user, and `PUT /rating?id=&type=&userId=&value=`, which saves a rating and returns the aggregate.
 */
export function addRatingRoutes(
  app: ServiceApp,
  rpc: RatingRpc,
  scoringOf: (recordType: string) => Scoring,
): void {
  app.access.addRoute('/rating', {
    GET: (c) => (c.req.query('userId') === undefined ? getAggregatedRating : getRating),
    PUT: putRating,
  })
  app.get('/rating', async (c) => {
    const { userId } = c.req.query()
    if (userId === undefined) {
      const response = await app.restCall(
        c,
        getAggregatedRating,
        rpc.getAggregatedRating,
        recordOf(c),
      )
      return respondAggregate(c, response.aggregatedRating)
    }
    const { rating } = await app.restCall(c, getRating, rpc.getRating, { ...recordOf(c), userId })
    // This route has never had an etag in its body.
    return c.json(rating && toRestJson(RatingSchema, { ...rating, etag: '' }))
  })
  app.put('/rating', async (c) => {
    const { userId = '', value = '' } = c.req.query()
    const record = recordOf(c)
    if (value && !decimalNumber.test(value)) throw offScale(scoringOf(record.recordType))
    const request = { ...record, userId, ...(value && { value: Number(value) }) }
    const response = await app.restCall(c, putRating, rpc.putRating, request)
    return respondAggregate(c, response.aggregatedRating)
  })
  app.all('/rating', refuseMethod('GET, HEAD, PUT'))
  addWatchRoute(app, rpc)
}

/**
 * Adds `GET /rating/watch?type=`, which streams the aggregates of a record type: all, with `&id=`
 * (once or several times) some, and with `&top=` the top list. `Last-Event-ID`, or `&since=`,
 * continues an earlier stream.
 */
function addWatchRoute(app: ServiceApp, rpc: RatingRpc): void {
  app.addStream('/rating/watch', RatingService.method.watchAggregatedRatings, (c) => ({
    implementation: rpc.watchAggregatedRatings,
    request: watchRequestOf(c),
    eventOf: ({ aggregatedRating, top }) => ({
      name: aggregatedRating ? 'rating' : top ? 'top' : 'resume',
    }),
    repeatable: new Set(['id']),
  }))
}

function watchRequestOf(c: Context<Environment>): JsonObject {
  const { type = '', top, countMin = '0', since: sinceRevision = '0' } = c.req.query()
  const records = c.req.queries('id')?.map((recordId) => ({ recordId, recordType: type }))
  if (top !== undefined) {
    return {
      top: { recordType: type, limit: top, countMin },
      ...(records && { records }),
      sinceRevision,
    }
  }
  return records ? { records, sinceRevision } : { recordType: type, sinceRevision }
}

function recordOf(c: Context<Environment>) {
  const { id = '', type = '' } = c.req.query()
  return { recordId: id, recordType: type }
}

type Aggregated = Awaited<ReturnType<RatingRpc['putRating']>>['aggregatedRating']

function respondAggregate(c: Context<Environment>, aggregate: Aggregated): Response {
  return c.json(aggregate && toRestJson(AggregatedRatingSchema, aggregate))
}
