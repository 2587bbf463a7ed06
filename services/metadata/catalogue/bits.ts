import { chunkCount, chunkWords } from './chunks.ts'

/** A set of slots: bit `slot & 31` of word `slot >>> 5`. Engines compute with 32 bits as signed numbers. */
export type Bits = Int32Array

/** Returns an empty set for `size` slots, and for the rest of their last chunk. */
export function noBits(size: number): Bits {
  return new Int32Array(chunkCount(size) * chunkWords)
}

/** Returns the bits of a chunk, as a part of all bits. */
export function bitsOfChunk(bits: Bits, index: number): Bits {
  return bits.subarray(index * chunkWords, (index + 1) * chunkWords)
}

export function setBit(bits: Bits, slot: number): void {
  bits[slot >>> 5] = (bits[slot >>> 5] as number) | (1 << (slot & 31))
}

export function hasBit(bits: Bits, slot: number): boolean {
  return ((bits[slot >>> 5] as number) & (1 << (slot & 31))) !== 0
}

/** Removes from `bits` what `others` does not have. */
export function keepOnly(bits: Bits, others: Bits): Bits {
  for (let at = 0; at < bits.length; at++) bits[at] = (bits[at] as number) & (others[at] ?? 0)
  return bits
}

/** Adds to `bits` what `others` has. */
export function addAll(bits: Bits, others: Bits): Bits {
  for (let at = 0; at < bits.length; at++) bits[at] = (bits[at] as number) | (others[at] ?? 0)
  return bits
}

/** Removes from `bits` what `others` has. */
export function removeAll(bits: Bits, others: Bits): Bits {
  for (let at = 0; at < bits.length; at++) bits[at] = (bits[at] as number) & ~(others[at] ?? 0)
  return bits
}

export function isEmpty(bits: Bits): boolean {
  for (let at = 0; at < bits.length; at++) if (bits[at] !== 0) return false
  return true
}

export function countBits(bits: Bits): number {
  let count = 0
  for (let at = 0; at < bits.length; at++) {
    let word = bits[at] as number
    word -= (word >>> 1) & 0x55555555
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
    count += (Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24) as number
  }
  return count
}

/** Calls `visit` with each slot, in order. */
export function forEachBit(bits: Bits, visit: (slot: number) => void): void {
  for (let at = 0; at < bits.length; at++) {
    let word = bits[at] as number
    while (word !== 0) {
      visit((at << 5) + 31 - Math.clz32(word & -word))
      word &= word - 1
    }
  }
}
