import { Code, ConnectError } from '@connectrpc/connect'
import type { CallMemory } from '@marquee/connect-hono/call-memory'
import { quoted } from '@marquee/connect-hono/errors/text'
import type { Validate } from '@marquee/connect-hono/validation'
import { bulkPut } from '@marquee/service/rest/bulk'
import { type ImportRatingsRequest, RatingSchema } from '../../gen/rating/v1/rating_pb.ts'
import type { Rating } from './rating.ts'
import { withReason } from './reasons.ts'
import { describeScale, type Scale, scaleText } from './scale.ts'
import type { RatingStore } from './store/port.ts'
import { offScale, readRatedTime } from './value.ts'

/** Maximum number of record types of one import whose scales are compared during the import. */
const comparedTypesMax = 100

export interface ImportOptions {
  readonly store: Pick<RatingStore, 'put' | 'scoring'>
  /** Validates the ratings, one by one. */
  readonly validate: Validate
  readonly memory: CallMemory | undefined
}

/**
 * Saves a stream of ratings in batches. Rejects with `FAILED_PRECONDITION` when a scale changes
 * meanwhile: a value such as 4 is on both scales, and means another thing on each.
 */
export async function importRatings(
  requests: AsyncIterable<ImportRatingsRequest>,
  { store, validate, memory }: ImportOptions,
) {
  const scales = createKnownScales(store)
  let savedCount = 0
  const summary = await bulkPut<ImportRatingsRequest, Rating>({
    requests,
    accept({ rating }) {
      if (rating === undefined) return { refused: 'rating: value is required' }
      const violation = validate(RatingSchema, rating)
      if (violation !== undefined) return { refused: violation.rawMessage }
      const { recordType, recordId, userId, value = Number.NaN } = rating
      const scoring = store.scoring(recordType)
      if (scoring.scale.stepOf(value) === undefined) {
        return { refused: offScale(scoring).rawMessage }
      }
      const ratedTimeMs = readRatedTime(rating.ratedTime)
      if (ratedTimeMs instanceof ConnectError) return { refused: ratedTimeMs.rawMessage }
      scales.add(recordType, scoring.scale)
      return { recordType, recordId, userId, value, ratedTimeMs }
    },
    idOf: ({ rating }) => rating?.recordId,
    async put(ratings) {
      try {
        const outcomes = await store.put(ratings)
        savedCount += outcomes.length
        return outcomes
      } finally {
        // A put reads the rules again when another process has changed them.
        scales.requireSame(savedCount)
      }
    },
    memory,
  })
  return {
    ...summary,
    refusals: summary.refusals.map(({ id, ...refusal }) => ({ ...refusal, recordId: id })),
  }
}

/** Remembers the scale that each record type had first. */
function createKnownScales(store: Pick<RatingStore, 'scoring'>) {
  const known = new Map<string, Scale>()
  return {
    add(recordType: string, scale: Scale): void {
      if (known.size < comparedTypesMax && !known.has(recordType)) known.set(recordType, scale)
    },
    /** Throws when a scale is another one now. */
    requireSame(savedCount: number): void {
      for (const [recordType, before] of known) {
        const { scale } = store.scoring(recordType)
        if (scaleText(scale) === scaleText(before)) continue
        const error = new ConnectError(
          `the scale of ${quoted(recordType)} has changed to ${describeScale(scale)}; ` +
            `${savedCount} ratings of the import are saved: convert the values and import all of them again`,
          Code.FailedPrecondition,
        )
        throw withReason(error, 'SCALE_CHANGED', { recordType, savedCount })
      }
    },
  }
}
