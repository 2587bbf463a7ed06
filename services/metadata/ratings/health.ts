import type { Condition } from '@marquee/service/process/health'
import type { FollowedRatings } from './follow-ratings.ts'

/** Returns a note for operators: lists by ratings fail, or miss changes. */
export function ratingsNotice(ratings: FollowedRatings): Condition {
  return () => {
    const state = ratings.state()
    if (state === undefined) return 'the ratings are not read yet: lists by ratings fail'
    const { unavailableSince } = state
    if (unavailableSince === undefined) return undefined
    return `no ratings since ${unavailableSince.toISOString()}: lists keep the order of before`
  }
}
