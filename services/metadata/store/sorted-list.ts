import { firstIndex } from '@marquee/sql/first-index'

/** Distinct items in sorted order. */
export interface SortedList<Item> {
  /** Adds an item, which must not be in the list. */
  add(item: Item): void
  /** Removes an item, which must be in the list. */
  remove(item: Item): void
  /** Returns the items in order. Valid until the next change of the list. */
  items(): readonly Item[]
}

/**
 * Maximum number of changes applied one by one, each of which moves the items behind it. More are
 * applied in one pass over all items.
 */
const singlyCountMax = 8

/** Maximum number of pending changes. Together they cost a few milliseconds. */
const waitingCountMax = 2_000

/**
 * Creates a list that applies changes when it is read, or when many are pending.
 * @param compare Must return 0 only for an item and itself.
 */
export function createSortedList<Item>(compare: (a: Item, b: Item) => number): SortedList<Item> {
  let sorted: Item[] = []
  const added = new Set<Item>()
  const removed = new Set<Item>()

  function settle(): void {
    if (removed.size > singlyCountMax) sorted = sorted.filter((item) => !removed.has(item))
    else for (const item of removed) sorted.splice(placeOf(item), 1)
    if (added.size > singlyCountMax) sorted = merge(sorted, [...added].sort(compare), compare)
    else for (const item of added) sorted.splice(placeOf(item), 0, item)
    removed.clear()
    added.clear()
  }

  function placeOf(item: Item): number {
    return firstIndex(sorted, (other) => compare(other, item) >= 0)
  }

  return {
    add(item) {
      if (!removed.delete(item)) added.add(item)
      if (added.size >= waitingCountMax) settle()
    },
    remove(item) {
      if (!added.delete(item)) removed.add(item)
      if (removed.size >= waitingCountMax) settle()
    },
    items() {
      settle()
      return sorted
    },
  }
}

function merge<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Item[] {
  const merged: Item[] = []
  let taken = 0
  for (const item of right) {
    while (taken < left.length && compare(left[taken] as Item, item) < 0) {
      merged.push(left[taken++] as Item)
    }
    merged.push(item)
  }
  while (taken < left.length) merged.push(left[taken++] as Item)
  return merged
}
