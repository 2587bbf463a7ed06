/**
 * Returns the index of the first item that passes, or the length when none does. All items after
 * one that passes must pass as well.
 */
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
