import {
  type AggregateState,
  isRated,
  type RecordRef,
  recordKey,
  type WriteStamp,
} from '../rating.ts'
import type { RatingDatabase } from '../store/database.ts'
import type { ChangePosition } from '../store/port.ts'
import type { PublishedAggregate } from './records.ts'

/** Record whose published aggregate is not the one of the published ratings. */
export interface AggregateDifference extends RecordRef {
  /** Histogram that the topic has. `undefined` when it has no aggregate. */
  readonly published: readonly number[] | undefined
  /** Histogram of the ratings. */
  readonly counted: readonly number[]
  /** `true` when one topic has newer changes of the record than all of the other topic. */
  readonly isNewer: boolean
}

export interface AggregateCheck {
  /** Saves the stamps of aggregates, in the order of the topic. */
  add(aggregates: readonly PublishedAggregate[]): Promise<void>
  /** Compares the last aggregate of each record with its ratings. */
  finish(): Promise<AggregateDifference[]>
}

/** Last aggregate of a record in the topic. */
interface Seen {
  readonly revision: number
  /** Histogram that differs from that of the ratings, or `undefined`. */
  readonly other: readonly number[] | undefined
  /** Stamp of the newest rating or tombstone of the record. */
  readonly newestChange: WriteStamp
}

const pageSizeMax = 1_000

/**
 * Compares published aggregates with a store that has all ratings. It keeps one entry for each
 * record. Both topics are in the order of revisions. While a service publishes, one has changes that
 * the other does not have yet: such a difference `isNewer`.
 *
 * @param newestChange Revision of the newest rating or tombstone of the topic.
 */
export function createAggregateCheck(
  store: Pick<RatingDatabase, 'restore' | 'states' | 'changes' | 'scoring'>,
  newestChange: number,
): AggregateCheck {
  const seen = new Map<string, Seen>()
  let newestAggregate = 0

  async function add(aggregates: readonly PublishedAggregate[]): Promise<void> {
    const last = new Map(aggregates.map((aggregate) => [recordKey(aggregate), aggregate]))
    const unique = [...last.values()]
    const { states } = await store.states(unique)
    const stamps = unique.map((aggregate, index) => {
      const { recordType, recordId, histogram, revision, updateTimeMs } = aggregate
      const state = states[index] as AggregateState
      const isEqual = histogram.join() === counted(state).join()
      const key = recordKey(aggregate)
      const newest = seen.get(key)?.newestChange ?? state
      newestAggregate = Math.max(newestAggregate, revision)
      seen.set(key, { revision, other: isEqual ? undefined : histogram, newestChange: newest })
      const stamp = !isEqual && newest.revision > revision ? newest : { revision, updateTimeMs }
      return { recordType, recordId, revision: stamp.revision, updateTimeMs: stamp.updateTimeMs }
    })
    await store.restore.stamps(stamps)
  }

  async function finish(): Promise<AggregateDifference[]> {
    const differences: AggregateDifference[] = []
    let after: ChangePosition | undefined = { revision: 0, place: 0 }
    while (after !== undefined) {
      const page = await store.changes({ after, limit: pageSizeMax })
      for (const state of page.states) {
        const found = seen.get(recordKey(state))
        if (found !== undefined && found.other === undefined) continue
        differences.push(difference(state, found))
      }
      after = page.next
    }
    return differences
  }

  function isNewer(state: AggregateState, found: Seen | undefined): boolean {
    const newest = found?.newestChange ?? state
    return newest.revision > newestAggregate || (found?.revision ?? 0) > newestChange
  }

  function difference(state: AggregateState, found: Seen | undefined): AggregateDifference {
    const { recordType, recordId } = state
    return {
      recordType,
      recordId,
      published: found?.other,
      counted: counted(state),
      isNewer: isNewer(state, found),
    }
  }

  function counted(state: AggregateState): readonly number[] {
    if (isRated(state)) return state.histogram
    return store.scoring(state.recordType).scale.values.map(() => 0)
  }

  return { add, finish }
}
