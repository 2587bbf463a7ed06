import { addAll, type Bits, bitsOfChunk, setBit } from './bits.ts'
import { chunkOf, chunkWords, placeInChunk } from './chunks.ts'

/** Slots by the number of a word. */
export interface Postings {
  /** Adds a slot of a word, unless it is the last one. Slots are added in order. */
  add(number: number, slot: number): void
  has(number: number): boolean
  /** Adds the slots of a word to `bits`. Returns a measure of its time: about the number of slots. */
  collect(number: number, bits: Bits): number
}

/** Number of integers in an area of blocks. */
const areaBits = 16
const areaSize = 2 ** areaBits
/** Number of slots in the first block of a word. Each further one is twice as large as the one before. */
const blockSizeMin = 4
/** Number of slots in the last block. A word with more of them has a set of bits, which is smaller then. */
const blockSizeMax = 16_384
/** Integers of a block before its slots: where the block before begins, and the number of slots that fit. */
const headSize = 2
/** Beginning of the block before the first one. */
const noBlock = -1

/**
 * Keeps the slots of a word in blocks, and the blocks of all words one after the other: most words
 * have few slots, so that an array for each would be far more than its slots.
 */
export function createPostings(): Postings {
  const areas: Int32Array[] = []
  let free = 0
  /** Beginning of the last block by number, and how many slots it has. */
  let lastOf = new Int32Array(1_024).fill(noBlock)
  let usedOf = new Int32Array(1_024)

  /** Blocks that no word has any more, by size. */
  const unused = new Map<number, number[]>()
  /** The sets of words with many slots, in chunks. */
  const sets = new Map<number, Bits[]>()

  const areaOf = (block: number) => areas[block >>> areaBits] as Int32Array

  const placeOf = (block: number) => block & (areaSize - 1)

  function addBlock(before: number, size: number): number {
    const block = unused.get(size)?.pop() ?? newBlock(size)
    areaOf(block).set([before, size], placeOf(block))
    return block
  }

  function newBlock(size: number): number {
    const left = areas.length * areaSize - free
    if (left < headSize + size) {
      free = areas.length * areaSize
      areas.push(new Int32Array(areaSize))
    }
    free += headSize + size
    return free - headSize - size
  }

  /** Calls `visit` with each block of a word, and the number of its slots. */
  function forEachBlock(number: number, visit: (block: number, used: number) => void): void {
    let used = usedOf[number] as number
    for (let block = lastOf[number] as number; block !== noBlock; ) {
      const before = areaOf(block)[placeOf(block)] as number
      visit(block, used)
      block = before
      // All blocks before the last one are full.
      if (block !== noBlock) used = areaOf(block)[placeOf(block) + 1] as number
    }
  }

  function toSet(number: number): Bits[] {
    const set: Bits[] = []
    forEachBlock(number, (block, used) => {
      const at = placeOf(block) + headSize
      for (let next = at; next < at + used; next++) addTo(set, areaOf(block)[next] as number)
      unused.set(used, [...(unused.get(used) ?? []), block])
    })
    return set
  }

  function grow(number: number): void {
    if (number < lastOf.length) return
    const [last, used] = [lastOf, usedOf]
    lastOf = new Int32Array(2 * number).fill(noBlock)
    usedOf = new Int32Array(2 * number)
    lastOf.set(last)
    usedOf.set(used)
  }

  function push(number: number, slot: number, block: number, used: number): void {
    areaOf(block)[placeOf(block) + headSize + used] = slot
    lastOf[number] = block
    usedOf[number] = used + 1
  }

  function addToBlocks(number: number, slot: number): void {
    const last = lastOf[number] as number
    const used = usedOf[number] as number
    if (last === noBlock) {
      push(number, slot, addBlock(noBlock, blockSizeMin), 0)
      return
    }
    const area = areaOf(last)
    const at = placeOf(last)
    if (area[at + headSize + used - 1] === slot) return
    const size = area[at + 1] as number
    if (used < size) push(number, slot, last, used)
    else if (size < blockSizeMax) push(number, slot, addBlock(last, 2 * size), 0)
    else {
      const set = toSet(number)
      addTo(set, slot)
      sets.set(number, set)
    }
  }

  return {
    add(number, slot) {
      grow(number)
      const set = sets.get(number)
      if (set === undefined) addToBlocks(number, slot)
      else addTo(set, slot)
    },
    has: (number) => number < lastOf.length && lastOf[number] !== noBlock,
    collect(number, bits) {
      if (number >= lastOf.length) return 0
      const set = sets.get(number)
      if (set !== undefined) return collectSet(set, bits)
      let count = 0
      forEachBlock(number, (block, used) => {
        const area = areaOf(block)
        const end = placeOf(block) + headSize + used
        for (let next = end - used; next < end; next++) setBit(bits, area[next] as number)
        count += used
      })
      return count
    },
  }
}

/** Adds a slot to a set in chunks, and the chunks before it. */
function addTo(set: Bits[], slot: number): void {
  const chunk = chunkOf(slot)
  while (set.length <= chunk) set.push(new Int32Array(chunkWords))
  setBit(set[chunk] as Bits, placeInChunk(slot))
}

/** Adds a set to `bits`. Returns the number of words of 32 bits that it took. */
function collectSet(set: readonly Bits[], bits: Bits): number {
  for (const [index, chunk] of set.entries()) addAll(bitsOfChunk(bits, index), chunk)
  return set.length * chunkWords
}
