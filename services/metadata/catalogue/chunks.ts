const chunkBits = 13
/**
 * Number of slots in a chunk, a multiple of 32. Columns are kept in chunks, so that none of them is
 * copied when it grows.
 */
export const chunkSize = 2 ** chunkBits
/** Number of words of the bits of a chunk. */
export const chunkWords = chunkSize / 32

/** Values by slot. */
export type Chunked<Values extends ArrayLike<number> = ArrayLike<number>> = readonly Values[]

/** Returns the number of chunks with this number of slots. */
export function chunkCount(size: number): number {
  return (size + chunkSize - 1) >>> chunkBits
}

/** Returns the index of the chunk of a slot. */
export function chunkOf(slot: number): number {
  return slot >>> chunkBits
}

/** Returns the place of a slot in its chunk. */
export function placeInChunk(slot: number): number {
  return slot & (chunkSize - 1)
}

export function valueAt(chunks: Chunked, slot: number): number {
  return (chunks[slot >>> chunkBits] as ArrayLike<number>)[slot & (chunkSize - 1)] as number
}

/** Sets the value of a slot, in a chunk that is there. */
export function setValue(
  chunks: Chunked<Float64Array | Uint32Array>,
  slot: number,
  value: number,
): void {
  const chunk = chunks[chunkOf(slot)] as Float64Array | Uint32Array
  chunk[placeInChunk(slot)] = value
}
