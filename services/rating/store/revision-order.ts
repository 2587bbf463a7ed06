import { type AggregateState, recordKey } from '../rating.ts'
import type { ChangePosition, ChangesOptions, ChangesPage } from './port.ts'

/** Current states of records, in the order of their last change. */
export interface RevisionOrder {
  /** Adds a changed state, which replaces an earlier one of its record. */
  add(state: AggregateState): void
  page(options: ChangesOptions): Pick<ChangesPage, 'states' | 'next'>
}

interface Entry {
  readonly state: AggregateState
  /** Number of the change. */
  readonly place: number
}

/** Minimum number of entries of earlier states that are removed together. */
const removedCountMin = 1_000

export function createRevisionOrder(): RevisionOrder {
  const current = new Map<string, Entry>()
  /** In the order of changes, with entries of earlier states. */
  let entries: Entry[] = []
  let place = 0

  function isCurrent(entry: Entry): boolean {
    return current.get(recordKey(entry.state)) === entry
  }

  return {
    add(state) {
      const entry = { state, place: place++ }
      current.set(recordKey(state), entry)
      const position = positionOf(entry)
      const isLast = entries.length === 0 || isAfter(position, positionOf(entries.at(-1) as Entry))
      entries.splice(isLast ? entries.length : indexAfter(entries, position), 0, entry)
      if (entries.length >= 2 * current.size + removedCountMin) entries = entries.filter(isCurrent)
    },
    page({ recordType, after, limit }) {
      const first = indexAfter(entries, after)
      const read = entries.slice(first, first + limit)
      const states = read
        .filter((entry) => isCurrent(entry))
        .map(({ state }) => state)
        .filter((state) => recordType === undefined || state.recordType === recordType)
      const last = read.at(-1)
      const isLast = first + limit >= entries.length
      const next = isLast || last === undefined ? undefined : positionOf(last)
      return { states, next }
    },
  }
}

/** Returns the index of the first entry after the position. */
function indexAfter(entries: readonly Entry[], after: ChangePosition): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAfter(positionOf(entries[middle] as Entry), after)) high = middle
    else low = middle + 1
  }
  return low
}

function positionOf({ state, place }: Entry): ChangePosition {
  return { revision: state.revision, place }
}

/** Returns whether the first position is after the other. */
export function isAfter(one: ChangePosition, other: ChangePosition): boolean {
  return (
    one.revision > other.revision || (one.revision === other.revision && one.place > other.place)
  )
}
