/** A set of slots: bit `slot & 31` of word `slot >>> 5`. */
export type Bits = Uint32Array

/** Returns an empty set for `size` slots. */
export function noBits(size: number): Bits {
  return new Uint32Array((size + 31) >>> 5)
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

/** Calls `visit` with each slot of a range, in order. @param from A multiple of 32. */
export function forEachBit(
  bits: Bits,
  visit: (slot: number) => void,
  from = 0,
  to = 32 * bits.length,
): void {
  const end = Math.min(bits.length, (to + 31) >>> 5)
  for (let at = from >>> 5; at < end; at++) {
    let word = bits[at] as number
    while (word !== 0) {
      visit((at << 5) + 31 - Math.clz32(word & -word))
      word &= word - 1
    }
  }
}
