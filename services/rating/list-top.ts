import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { setVersion } from '@marquee/service/rest/conditional'
import { pageSizeOf } from '@marquee/service/rest/page-size'
import { decodePageToken, encodePageToken, endedList } from '@marquee/service/rest/page-token'
import {
  type AggregatedRating,
  Period as PeriodMessage,
  type RatingService,
} from '../../gen/rating/v1/rating_pb.ts'
import type { Period } from './period/period.ts'
import {
  createPeriodLists,
  type PeriodClock,
  type PeriodOutcome,
  type PeriodPage,
} from './period/period-lists.ts'
import type { Aggregate } from './rating.ts'
import { withReason } from './reasons.ts'
import type { RatingStore, TopPosition } from './store/port.ts'

/** Numbers of items in a page. */
const pageSizes = { ofDefault: 50, max: 500 }

export interface ListTopOptions {
  readonly store: Pick<RatingStore, 'top' | 'revision' | 'countPeriods'>
  readonly toMessage: (aggregate: Aggregate) => AggregatedRating
  readonly clock?: PeriodClock | undefined
}

/** Implements `rating.v1.RatingService.ListTopRated`. */
export function createListTop({ store, toMessage, clock }: ListTopOptions) {
  const lists = createPeriodLists({ store, clock })
  return (async ({ recordType, countMin, pageSize, pageToken, period: requested }, context) => {
    const limit = pageSizeOf(pageSize, pageSizes)
    const options = { recordType, countMin: Number(countMin), limit }
    const period = periodOf(requested)
    if (period === undefined) {
      const list = `top:${recordType}:${countMin}`
      const after = decodePageToken(pageToken, list, isTopPosition)
      setVersion(context, await store.revision())
      const page = await store.top({ ...options, ...(after && { after }) })
      const nextPageToken = page.next === undefined ? '' : encodePageToken(list, page.next)
      return { aggregatedRatings: page.aggregates.map(toMessage), nextPageToken }
    }
    const list = `top:${recordType}:${countMin}:${period}`
    const after = decodePageToken(pageToken, list, isPeriodPosition)
    const page = requireFound(await lists.page({ ...options, period, after }))
    setVersion(context, `${page.revision}-${page.endMs}`)
    return {
      aggregatedRatings: page.aggregates.map((one) => ({
        ...toMessage(one),
        // The list knows when it was counted, not when each of its ratings was saved.
        updateTime: undefined,
      })),
      nextPageToken: page.next === undefined ? '' : encodePageToken(list, page.next),
      window: windowOf(page),
    }
  }) satisfies ServiceImpl<typeof RatingService>['listTopRated']
}

function periodOf(requested: PeriodMessage): Period | undefined {
  switch (requested) {
    case PeriodMessage.WEEK:
      return 'week'
    case PeriodMessage.MONTH:
      return 'month'
    default:
      return undefined
  }
}

function requireFound(page: PeriodOutcome): PeriodPage {
  switch (page.kind) {
    case 'found':
      return page
    case 'ended':
      throw endedList()
    case 'too-large': {
      const text = 'too many records were rated in the last 30 days for a list of a period'
      throw withReason(new ConnectError(text, Code.FailedPrecondition), 'PERIOD_TOO_LARGE')
    }
  }
}

function windowOf({ startMs, endMs, revision }: PeriodPage) {
  return {
    startTime: timestampFromMs(startMs),
    endTime: timestampFromMs(endMs),
    revision: BigInt(revision),
  }
}

function isTopPosition(value: unknown): value is TopPosition {
  const { bayesianScore, recordId } = (value ?? {}) as Partial<TopPosition>
  return Number.isFinite(bayesianScore) && typeof recordId === 'string'
}

function isPeriodPosition(value: unknown): value is TopPosition & { readonly endMs: number } {
  return isTopPosition(value) && Number.isSafeInteger((value as { endMs?: unknown }).endMs)
}
