import { type Chunked, chunkOf, chunkSize, placeInChunk } from './chunks.ts'

/** Values as they were at one time. They change again when it is disposed. */
export interface HeldValues extends Disposable {
  readonly values: Chunked<Float64Array>
}

/** Numbers by slot, of which lists can hold a state while they change. */
export interface HeldColumn {
  /** Returns the current values. */
  values(): Chunked<Float64Array>
  hold(): HeldValues
  /** Sets the value of a slot, or adds the next slot. Copies its chunk when somebody holds it. */
  set(slot: number, value: number): void
}

/** Maximum number of chunks that nobody holds any more, and that are kept to copy into: 8 MiB. */
const spareCountMax = 128

export function createHeldColumn(): HeldColumn {
  const chunks: Float64Array[] = []
  const holderCounts = new Map<Float64Array, number>()
  const spare: Float64Array[] = []

  function release(chunk: Float64Array): void {
    const count = holderCounts.get(chunk) ?? 0
    if (count > 1) {
      holderCounts.set(chunk, count - 1)
      return
    }
    holderCounts.delete(chunk)
    if (spare.length < spareCountMax && !chunks.includes(chunk)) spare.push(chunk)
  }

  function copyOf(chunk: Float64Array): Float64Array {
    const copy = spare.pop() ?? new Float64Array(chunkSize)
    copy.set(chunk)
    return copy
  }

  return {
    values: () => chunks,
    hold() {
      const held = chunks.slice()
      for (const chunk of held) holderCounts.set(chunk, (holderCounts.get(chunk) ?? 0) + 1)
      return { values: held, [Symbol.dispose]: () => held.splice(0).forEach(release) }
    },
    set(slot, value) {
      const index = chunkOf(slot)
      let chunk = chunks[index] ?? new Float64Array(chunkSize)
      if (holderCounts.has(chunk)) chunk = copyOf(chunk)
      chunks[index] = chunk
      chunk[placeInChunk(slot)] = value
    },
  }
}
