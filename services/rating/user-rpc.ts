import { setImmediate } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { callKey } from '@marquee/connect-hono/call'
import { setVersion } from '@marquee/service/rest/conditional'
import { pageSizeOf } from '@marquee/service/rest/page-size'
import { decodePageToken, encodePageToken } from '@marquee/service/rest/page-token'
import { etagOf } from '@marquee/service/rest/write-condition'
import {
  type ExportRatingsRequest,
  type Rating as RatingMessage,
  RatingSchema,
  type RatingService,
} from '../../gen/rating/v1/rating_pb.ts'
import { dataUser, requireOperator } from './acting-user.ts'
import { scaleMessage } from './aggregate-message.ts'
import { type EraseUser, NotPublishedError } from './erasure/erase-user.ts'
import type { ErasureReceipt } from './erasure/receipt.ts'
import { outboxFull } from './feed/full.ts'
import type { StoredRating } from './rating.ts'
import { withReason } from './reasons.ts'
import type { RatingDatabase } from './store/database.ts'
import { OutboxFullError } from './store/outbox.ts'
import type { RatingPage, RatingPlace, UserPosition } from './store/rating-lists.ts'

/** Numbers of items in a page. */
const pageSizes = { ofDefault: 50, max: 500 }

/** Number of ratings that an export or a summary reads at once. */
const readSizeMax = 500

/** Maximum number of users that are erased at once. */
const erasingMax = 4

/** Memory that an export holds while it sends the ratings of one read, in bytes. */
const exportBytes = readSizeMax * 1024

type UserMethods = Pick<
  ServiceImpl<typeof RatingService>,
  'listRatings' | 'getUserSummary' | 'exportRatings' | 'eraseUser'
>

/** Implements the methods about the ratings of one user, and those that name users. */
export function createUserRpc(store: RatingDatabase, eraseUser: EraseUser) {
  let erasing = 0

  /** Returns the pages of an export, each as it is read. */
  function pagesOf({ of, resumeToken }: ExportRatingsRequest, context: HandlerContext) {
    if (of.case === 'allUsers') {
      requireOperator(context)
      const after = decodePageToken(resumeToken, 'export', isRatingPlace, 'resume_token')
      const start = after ?? { record: 0, userId: '' }
      return readPages('export', start, (place) => store.outbox.ratings(place, readSizeMax))
    }
    const userId = dataUser(context, of.value ?? '')
    const list = `export:${userId}`
    const after = decodePageToken(resumeToken, list, isUserPosition, 'resume_token')
    return readPages(list, after, (after) =>
      store.ratingsOfUser(userId, { limit: readSizeMax, after }),
    )
  }

  return {
    async listRatings({ of, pageSize, pageToken }, context) {
      const limit = pageSizeOf(pageSize, pageSizes)
      if (of.case === 'record') {
        requireOperator(context)
        const { recordType, recordId } = of.value
        const list = `ratings:record:${recordType.length}:${recordType}${recordId}`
        const after = decodePageToken(pageToken, list, isUserId)
        setVersion(context, await store.revision())
        const record = { recordType, recordId }
        const page = await store.ratingsOfRecord(record, { limit, after })
        return listed(list, page, (await store.aggregate(record))?.count ?? 0)
      }
      const userId = dataUser(context, of.value ?? '')
      const list = `ratings:user:${userId}`
      const after = decodePageToken(pageToken, list, isUserPosition)
      setVersion(context, await store.revision())
      const page = await store.ratingsOfUser(userId, { limit, after })
      return listed(list, page, await store.countOfUser(userId))
    },

    async getUserSummary({ userId }, context) {
      const user = dataUser(context, userId)
      setVersion(context, await store.revision())
      const counted = await countRatings(store, user, context.signal)
      const types = [...counted].sort(([one], [other]) => (one < other ? -1 : 1))
      return {
        summaries: types.map(([recordType, histogram]) => {
          const scoring = store.scoring(recordType)
          const count = histogram.reduce((sum, one) => sum + one, 0)
          return {
            recordType,
            count: BigInt(count),
            mean: scoring.scale.sum(histogram) / count,
            histogram: histogram.map(BigInt),
            scale: scaleMessage(scoring),
          }
        }),
      }
    },

    async eraseUser({ userId }, context) {
      const user = dataUser(context, userId)
      if (erasing === erasingMax) {
        const text = 'too many users are being erased already'
        const error = new ConnectError(text, Code.ResourceExhausted)
        throw withReason(error, 'ERASURES_EXHAUSTED', { erasuresMax: erasingMax })
      }
      erasing++
      try {
        return receiptMessage(await eraseUser(user, context.signal))
      } catch (error) {
        if (error instanceof OutboxFullError) throw outboxFull(error)
        if (!(error instanceof NotPublishedError)) throw error
        const { message } = error
        const later = new ConnectError(message, Code.Unavailable, undefined, undefined, error)
        throw withReason(later, 'EVENT_LOG_UNAVAILABLE')
      } finally {
        erasing--
      }
    },

    async *exportRatings(request, context) {
      const pages = pagesOf(request, context)
      await context.values.get(callKey)?.memory.hold(exportBytes)
      for await (const { ratings, resumeToken } of pages) {
        for (const [index, rating] of ratings.entries()) {
          const isLast = index === ratings.length - 1
          yield { rating: ratingMessage(rating), resumeToken: isLast ? resumeToken : '' }
        }
      }
    },
  } satisfies UserMethods
}

/** Reads page after page. Each has a token to continue after it. */
async function* readPages<Position>(
  list: string,
  start: Position,
  read: (
    after: Position,
  ) => Promise<{ ratings: readonly StoredRating[]; next: Position | undefined }>,
) {
  let after: Position | undefined = start
  do {
    const { ratings, next }: Awaited<ReturnType<typeof read>> = await read(after)
    yield { ratings, resumeToken: next === undefined ? '' : encodePageToken(list, next) }
    after = next
  } while (after !== undefined)
}

function listed<Position>(list: string, page: RatingPage<Position>, totalSize: number) {
  const { ratings, next } = page
  const nextPageToken = next === undefined ? '' : encodePageToken(list, next)
  return { ratings: ratings.map(ratingMessage), nextPageToken, totalSize }
}

export function ratingMessage(stored: StoredRating): RatingMessage {
  const { updateTimeMs, ratedTimeMs, revision, ...rating } = stored
  const updateTime = timestampFromMs(updateTimeMs)
  const ratedTime = ratedTimeMs === undefined ? undefined : timestampFromMs(ratedTimeMs)
  const version = { revision: BigInt(revision), etag: etagOf(revision) }
  return create(RatingSchema, { ...rating, updateTime, ratedTime, ...version })
}

function receiptMessage({ ratings, records }: ErasureReceipt) {
  return {
    ratings: [...ratings].map(([recordType, count]) => {
      return { recordType, deletedCount: BigInt(count) }
    }),
    records: records.map(({ topic, removed, remaining, reason, untilMs }) => ({
      topic,
      removedCount: BigInt(removed),
      remainingCount: BigInt(remaining),
      reason,
      ...(untilMs !== undefined && { remainingUntil: timestampFromMs(untilMs) }),
    })),
  }
}

/**
 * Returns the histogram of a user's ratings by record type. Others are served between two reads,
 * however many ratings the user has.
 */
async function countRatings(
  store: RatingDatabase,
  userId: string,
  signal: AbortSignal,
): Promise<Map<string, number[]>> {
  const counted = new Map<string, number[]>()
  let after: UserPosition | undefined
  do {
    const page = await store.ratingsOfUser(userId, { limit: readSizeMax, after })
    for (const { recordType, value } of page.ratings) {
      const { scale } = store.scoring(recordType)
      const histogram = counted.get(recordType) ?? scale.values.map(() => 0)
      const step = scale.stepOf(value) as number
      histogram[step] = (histogram[step] ?? 0) + 1
      counted.set(recordType, histogram)
    }
    after = page.next
    await setImmediate()
    signal.throwIfAborted()
  } while (after !== undefined)
  return counted
}

function isUserId(value: unknown): value is string {
  return typeof value === 'string'
}

function isUserPosition(value: unknown): value is UserPosition {
  const { updateTimeMs, recordNumber } = (value ?? {}) as Partial<UserPosition>
  return Number.isSafeInteger(updateTimeMs) && Number.isSafeInteger(recordNumber)
}

function isRatingPlace(value: unknown): value is RatingPlace {
  const { record, userId } = (value ?? {}) as Partial<RatingPlace>
  return Number.isSafeInteger(record) && typeof userId === 'string'
}
