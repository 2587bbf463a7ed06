/**
 * Returns the index of the first item that passes, or the length when none does. All items after
 * one that passes must pass as well.
 * @param from Index of the first item to look at. Default: 0.
 */
export function firstIndex<Item>(
  items: ArrayLike<Item>,
  passes: (item: Item) => boolean,
  from = 0,
): number {
  let low = from
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(items[middle] as Item)) high = middle
    else low = middle + 1
  }
  return low
}
