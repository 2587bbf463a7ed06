import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { callKey } from '@marquee/connect-hono/call'
import { quoted } from '@marquee/connect-hono/errors/text'
import type { Validate } from '@marquee/connect-hono/validation'
import { setResourceVersion, setVersion } from '@marquee/service/rest/conditional'
import {
  type ConditionFields,
  readCondition,
  unmetCondition,
} from '@marquee/service/rest/write-condition'
import { type RatingService, ScaleSchema } from '../../gen/rating/v1/rating_pb.ts'
import { actingUser } from './acting-user.ts'
import { aggregateMessage, scaleMessage } from './aggregate-message.ts'
import { deleteRecordRatings } from './delete-record-ratings.ts'
import { createEraseUser, type EraseUser } from './erasure/erase-user.ts'
import { refusingWhenFull } from './feed/full.ts'
import { importRatings } from './import-ratings.ts'
import { createListTop } from './list-top.ts'
import type { PeriodClock } from './period/period-lists.ts'
import type { Aggregate, RatingChange, RecordRef } from './rating.ts'
import { withReason } from './reasons.ts'
import type { Scoring } from './scoring.ts'
import type { RatingDatabase } from './store/database.ts'
import { createUserRpc, ratingMessage } from './user-rpc.ts'
import { offScale, readRatedTime } from './value.ts'
import type { AggregateWatches } from './watch.ts'
import { createWatchResponses, targetOf, watchBytes } from './watch-response.ts'

export interface RatingRpcOptions {
  readonly store: RatingDatabase
  readonly watches: AggregateWatches
  /** Default: erases users from the store alone. */
  readonly eraseUser?: EraseUser | undefined
  /** Validates the ratings of an import, one by one. */
  readonly validate: Validate
  /** Clock of the lists of a period. */
  readonly clock?: PeriodClock | undefined
}

/** Implements `rating.v1.RatingService` on a store. */
export function createRatingRpc(options: RatingRpcOptions) {
  const { store: rated, watches, validate, clock } = options
  const { eraseUser = createEraseUser({ store: rated }) } = options
  const store = refusingWhenFull(rated)
  const toMessage = (aggregate: Aggregate) =>
    aggregateMessage(aggregate, store.scoring(aggregate.recordType))
  const toWatchResponse = createWatchResponses(store)
  const present = async (record: RecordRef) => {
    const aggregate = await store.aggregate(record)
    return aggregate && toMessage(aggregate)
  }
  const requireOnScale = (recordType: string, value: number) => {
    const scoring = store.scoring(recordType)
    if (scoring.scale.stepOf(value) === undefined) throw offScale(scoring)
  }
  /** Returns the stamp of the write, or `undefined` when there was nothing to delete. */
  const editRating = async (change: RatingChange, fields: ConditionFields) => {
    const outcome = await store.edit(change, readCondition(fields))
    if (outcome.kind === 'met') return outcome.stamp
    const what = `the rating of ${change.recordType} ${quoted(change.recordId)}`
    throw unmetCondition(what, fields, outcome.revision)
  }
  return {
    async getAggregatedRating({ recordType, recordId }, context) {
      const aggregate = await store.aggregate({ recordType, recordId })
      if (aggregate === undefined) {
        throw nobodyRated({ recordType, recordId }, store.scoring(recordType))
      }
      setVersion(context, aggregate.revision)
      return { aggregatedRating: toMessage(aggregate) }
    },

    async batchGetAggregatedRatings({ records }, context) {
      setVersion(context, await store.revision())
      const aggregatedRatings = (await store.aggregates(records)).map(toMessage)
      const types = new Set(records.map(({ recordType }) => recordType))
      const scales = [...types].map((type) => [type, scaleMessage(store.scoring(type))])
      return { aggregatedRatings, scales: Object.fromEntries(scales) }
    },

    async putRating(request, context) {
      const { recordType, recordId, userId, value = Number.NaN, etag, mustNotExist } = request
      const ratedTimeMs = readRatedTime(request.ratedTime)
      if (ratedTimeMs instanceof ConnectError) throw ratedTimeMs
      const record = { recordType, recordId }
      requireOnScale(recordType, value)
      const rating = { ...record, userId: actingUser(context, userId), value, ratedTimeMs }
      try {
        const stamp = await editRating({ ...rating, kind: 'put' }, { etag, mustNotExist })
        if (stamp === undefined) throw new Error('a put wrote nothing')
        setResourceVersion(context, stamp.revision)
        return {
          aggregatedRating: await present(record),
          rating: ratingMessage({ ...rating, ...stamp }),
        }
      } catch (error) {
        // Another instance may have changed the scale since.
        requireOnScale(recordType, value)
        throw error
      }
    },

    async deleteRating({ recordType, recordId, userId, etag }, context) {
      const record = { recordType, recordId }
      const user = actingUser(context, userId)
      const change = { ...record, userId: user, kind: 'delete' } as const
      const deleted =
        etag === ''
          ? await store.delete(record, user)
          : (await editRating(change, { etag })) !== undefined
      return { deleted, aggregatedRating: await present(record) }
    },

    async deleteRecordRatings({ recordType, recordId }, { signal }) {
      const deleted = await deleteRecordRatings(store, { recordType, recordId }, signal)
      return { deletedCount: BigInt(deleted.deletedCount), areLeft: deleted.areLeft }
    },

    async getRating({ recordType, recordId, userId }, context) {
      const found = await store.get({ recordType, recordId }, actingUser(context, userId))
      if (found === undefined) {
        const text = `the user has not rated ${recordType} ${quoted(recordId)}`
        const error = new ConnectError(text, Code.NotFound)
        throw withReason(error, 'RATING_NOT_FOUND', { recordType, recordId })
      }
      setResourceVersion(context, found.revision)
      return { rating: ratingMessage(found) }
    },

    listTopRated: createListTop({ store, toMessage, clock }),

    watchAggregatedRatings(request, { signal, values }) {
      const target = targetOf(request)
      values.get(callKey)?.memory.holdNow(watchBytes(target))
      const messages = watches.watch(target, Number(request.sinceRevision), signal)
      if (messages === undefined) {
        const text = 'too many watches are open already'
        throw withReason(new ConnectError(text, Code.ResourceExhausted), 'WATCHES_EXHAUSTED')
      }
      return mapped(messages, toWatchResponse)
    },

    ...createUserRpc(rated, eraseUser),

    importRatings: (requests, { values }) =>
      importRatings(requests, { store, validate, memory: values.get(callKey)?.memory }),
  } satisfies ServiceImpl<typeof RatingService>
}

/** Like a generator that yields each mapped value, at a third of its cost. */
function mapped<T, R>(source: AsyncGenerator<T>, map: (value: T) => R): AsyncGenerator<R> {
  const convert = ({ done, value }: IteratorResult<T>): IteratorResult<R> =>
    done ? { done, value: undefined } : { done: false, value: map(value) }
  return {
    next: () => source.next().then(convert),
    return: () => source.return(undefined).then(convert),
    throw: (error) => source.throw(error).then(convert),
    [Symbol.asyncIterator]() {
      return this
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

export type RatingRpc = ReturnType<typeof createRatingRpc>

/** Creates the error of a record that nobody has rated, with the scale of its record type. */
function nobodyRated({ recordType, recordId }: RecordRef, scoring: Scoring): ConnectError {
  const text = `nobody has rated ${recordType} ${quoted(recordId)}`
  const detail = { desc: ScaleSchema, value: scaleMessage(scoring) }
  const error = new ConnectError(text, Code.NotFound, undefined, [detail])
  return withReason(error, 'RECORD_NOT_RATED', { recordType, recordId })
}
