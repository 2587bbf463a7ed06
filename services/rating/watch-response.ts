import { create } from '@bufbuild/protobuf'
import { encodeOnce } from '@marquee/connect-hono/response/encode-once'
import {
  type WatchAggregatedRatingsRequest,
  type WatchAggregatedRatingsResponse,
  WatchAggregatedRatingsResponseSchema,
} from '../../gen/rating/v1/rating_pb.ts'
import { aggregateMessage, stateMessage } from './aggregate-message.ts'
import type { RatingStore } from './store/port.ts'
import { pageSizeMax } from './watch/change-pages.ts'
import type { WatchMessage } from './watch/message.ts'
import type { WatchTarget } from './watch.ts'

/** Length of a watched top list whose request sets none. */
const topLimitDefault = 50
/**
 * Memory of a watched record in addition to its name, in bytes: its entry among the watches, and
 * its aggregate while it is sent.
 */
const watchedRecordBytes = 512

/** Returns what a valid request selects. */
export function targetOf(request: WatchAggregatedRatingsRequest): WatchTarget {
  const { records, recordType, top } = request
  if (top === undefined) return recordType === '' ? { records } : { recordType }
  const { countMin, limit } = top
  return {
    top: {
      recordType: top.recordType,
      countMin: Number(countMin),
      limit: limit || topLimitDefault,
    },
  }
}

/** Returns the memory of a watch, in bytes. */
export function watchBytes(target: WatchTarget): number {
  if ('top' in target) return target.top.limit * watchedRecordBytes
  if ('recordType' in target) return pageSizeMax * watchedRecordBytes
  let bytes = 0
  for (const { recordType, recordId } of target.records) {
    bytes += watchedRecordBytes + 2 * (recordType.length + recordId.length)
  }
  return bytes
}

/** Returns a function that creates the response of a message, one for all who get this message. */
export function createWatchResponses(
  store: Pick<RatingStore, 'scoring'>,
): (message: WatchMessage) => WatchAggregatedRatingsResponse {
  const responses = new WeakMap<WatchMessage, WatchAggregatedRatingsResponse>()
  const contentOf = ({ state, top }: WatchMessage) => {
    if (state) return { aggregatedRating: stateMessage(state, store.scoring(state.recordType)) }
    if (!top) return {}
    const aggregatedRatings = top.map((one) => aggregateMessage(one, store.scoring(one.recordType)))
    return { top: { aggregatedRatings } }
  }
  return (message) => {
    const known = responses.get(message)
    if (known !== undefined) return known
    const resumeRevision = BigInt(message.resumeRevision)
    const { caughtUp = false } = message
    const content = { ...contentOf(message), resumeRevision, caughtUp }
    const response = encodeOnce(create(WatchAggregatedRatingsResponseSchema, content))
    responses.set(message, response)
    return response
  }
}
