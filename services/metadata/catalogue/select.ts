/** Values by slot that slots are ordered by. */
export interface Key {
  readonly values: ArrayLike<number>
  readonly isDescending: boolean
}

/** Compares slots by keys, one after the other. Unknown values, which are `NaN`, are last in either direction. */
export function compareByKeys(keys: readonly Key[]): (a: number, b: number) => number {
  return (a, b) => {
    for (let index = 0; index < keys.length; index++) {
      const { values, isDescending } = keys[index] as Key
      const order = compareValues(values[a] as number, values[b] as number, isDescending)
      if (order !== 0) return order
    }
    return 0
  }
}

/** Compares two values of a key. */
export function compareValues(a: number, b: number, isDescending: boolean): number {
  if (a === b) return 0
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return a < b === isDescending ? 1 : -1
}

/** Collects the first `count` of the slots that it is given, in order. */
export function createSelection(count: number, compare: (a: number, b: number) => number) {
  const found: number[] = []
  return {
    add(slot: number): void {
      if (found.length < count) add(found, slot, compare)
      else if (compare(slot, found[0] as number) < 0) replaceLast(found, slot, compare)
    },
    inOrder: (): number[] => found.sort(compare),
  }
}

/** Adds a slot to a heap, whose first slot is the last in order. */
function add(heap: number[], slot: number, compare: (a: number, b: number) => number): void {
  let at = heap.push(slot) - 1
  while (at > 0) {
    const parent = (at - 1) >>> 1
    if (compare(heap[parent] as number, slot) >= 0) break
    heap[at] = heap[parent] as number
    at = parent
  }
  heap[at] = slot
}

/** Replaces the first slot of the heap. */
function replaceLast(
  heap: number[],
  slot: number,
  compare: (a: number, b: number) => number,
): void {
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    const right = child + 1
    if (right < heap.length && compare(heap[right] as number, heap[child] as number) > 0) {
      child = right
    }
    if (compare(heap[child] as number, slot) <= 0) break
    heap[at] = heap[child] as number
    at = child
  }
  heap[at] = slot
}
