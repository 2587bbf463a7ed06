import { type Bits, forEachBit } from './bits.ts'
import { type Chunked, chunkSize, valueAt } from './chunks.ts'

/** Values by slot that slots are ordered by. */
export interface Key {
  readonly values: Chunked
  readonly isDescending: boolean
}

/** The first slots in an order. */
export interface Selection {
  /** Looks at slots of a chunk. */
  addAll(chunk: number, places: Bits): void
  inOrder(): number[]
}

/** Compares two values of a key. Unknown values, which are `NaN`, are last in either direction. */
export function compareValues(a: number, b: number, isDescending: boolean): number {
  if (a === b) return 0
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return a < b === isDescending ? 1 : -1
}

/**
 * Collects the first `countMax` of the slots that it is given and that are wanted.
 * @param keys Compared one after the other. The last one tells all slots apart.
 */
export function createSelection(
  countMax: number,
  keys: readonly [Key, ...Key[]],
  isWanted: (slot: number) => boolean = () => true,
): Selection {
  const compare = compareByKeys(keys)
  const [{ values, isDescending }] = keys
  /** A heap, whose first slot is the last in order. */
  const heap: number[] = []

  return {
    addAll(chunk, places) {
      const own = values[chunk] as ArrayLike<number>
      // Most slots are behind the collected ones by the first key alone.
      let last = heap.length < countMax ? Number.NaN : valueAt(values, heap[0] as number)
      forEachBit(places, (place) => {
        const value = own[place] as number
        if (isDescending ? value < last : value > last) return
        const slot = chunk * chunkSize + place
        if (heap.length === countMax && compare(slot, heap[0] as number) > 0) return
        if (!isWanted(slot)) return
        if (heap.length < countMax) add(heap, slot, compare)
        else replaceLast(heap, slot, compare)
        if (heap.length === countMax) last = valueAt(values, heap[0] as number)
      })
    },
    inOrder: () => heap.toSorted(compare),
  }
}

function compareByKeys(keys: readonly Key[]): (a: number, b: number) => number {
  return (a, b) => {
    for (let index = 0; index < keys.length; index++) {
      const { values, isDescending } = keys[index] as Key
      const order = compareValues(valueAt(values, a), valueAt(values, b), isDescending)
      if (order !== 0) return order
    }
    return 0
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
