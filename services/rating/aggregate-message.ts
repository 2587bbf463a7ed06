import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import {
  type AggregatedRating,
  AggregatedRatingSchema,
  PriorSchema,
  type Scale,
  ScaleSchema,
  ScoreIntervalSchema,
} from '../../gen/rating/v1/rating_pb.ts'
import { type Aggregate, type AggregateState, isRated, type Unrated, varianceOf } from './rating.ts'
import { type Scoring, scoreInterval } from './scoring.ts'

export function aggregateMessage(aggregate: Aggregate, scoring: Scoring): AggregatedRating {
  const { recordType, recordId, count, mean, histogram, bayesianScore, prior, revision } = aggregate
  const used = { ...scoring, prior }
  return create(AggregatedRatingSchema, {
    recordType,
    recordId,
    count: BigInt(count),
    mean,
    histogram: histogram.map(BigInt),
    bayesianScore,
    variance: varianceOf(histogram, scoring),
    ...contextOf(histogram, used),
    revision: BigInt(revision),
    updateTime: timestampFromMs(aggregate.updateTimeMs),
  })
}

export function stateMessage(state: AggregateState, scoring: Scoring): AggregatedRating {
  return isRated(state) ? aggregateMessage(state, scoring) : unratedMessage(state, scoring)
}

function unratedMessage(unrated: Unrated, scoring: Scoring): AggregatedRating {
  const { recordType, recordId, revision, updateTimeMs } = unrated
  const histogram = scoring.scale.values.map(() => 0)
  const bayesianScore = scoring.prior.weight > 0 ? scoring.prior.mean : 0
  return create(AggregatedRatingSchema, {
    recordType,
    recordId,
    histogram: histogram.map(BigInt),
    bayesianScore,
    ...contextOf(histogram, scoring),
    revision: BigInt(revision),
    ...(revision > 0 && { updateTime: timestampFromMs(updateTimeMs) }),
  })
}

/** Returns what the numbers of a histogram mean. */
function contextOf(histogram: readonly number[], scoring: Scoring) {
  return {
    scale: scaleMessage(scoring),
    prior: create(PriorSchema, scoring.prior),
    scoreInterval: create(ScoreIntervalSchema, scoreInterval(histogram, scoring)),
  }
}

export function scaleMessage({ scale: { min, max, step } }: Scoring): Scale {
  return create(ScaleSchema, { min, max, step })
}
