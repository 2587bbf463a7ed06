/** Distinct items in the order of their comparison. */
export interface SortedList<Item> {
  /** Adds an item that is not in the list. */
  add(item: Item): void
  /** Removes an item that is in the list. */
  remove(item: Item): void
  /** The items in order, until the list is changed. */
  items(): readonly Item[]
}

/** How many changes are made one by one, each moving what is behind it; more are made in one pass over all items. */
const singlyCountMax = 8

/** How many changes wait for the next read at most: what they cost together is a few milliseconds. */
const waitingCountMax = 2_000

/**
 * A list whose order is restored when it is read, or when many changes wait.
 * @param compare 0 only for an item and itself.
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

/** The index of the first item that passes; all behind it pass as well. The length when none does. */
export function firstIndex<Item>(items: readonly Item[], passes: (item: Item) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(items[middle] as Item)) high = middle
    else low = middle + 1
  }
  return low
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
