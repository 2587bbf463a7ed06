import { type Bits, forEachBit, setBit } from './bits.ts'
import type { Orders, TextTest } from './filter.ts'
import { createFindPart } from './find-part.ts'
import { compareAt, type TextChunk } from './texts.ts'

/** Adds to `found` the places of `within` whose texts match. */
export type MatchTexts = (chunk: TextChunk, within: Bits, found: Bits) => void

/** Returns a function that compares the texts of a chunk. It reads the string of the chunk once. */
export function createMatchTexts(comparison: TextTest): MatchTexts {
  switch (comparison.kind) {
    case 'text':
      return comparison.orders === 2
        ? matchOneOf(new Set([comparison.value]))
        : matchOrder(comparison.value, comparison.orders)
    case 'textIn':
      return matchOneOf(comparison.values)
    case 'textPart':
      return comparison.method === 'contains'
        ? matchPart(comparison.value)
        : matchEnd(comparison.value, comparison.method === 'startsWith')
  }
}

/** Returns whether a way to compare with the constant is among the orders. */
export function isAmong(orders: Orders, order: number): boolean {
  return ((orders >>> (Math.sign(order) + 1)) & 1) === 1
}

function matchOrder(value: string, orders: Orders): MatchTexts {
  return (chunk, within, found) =>
    forEachBit(within, (place) => {
      if (isAmong(orders, compareAt(chunk, place, value))) setBit(found, place)
    })
}

/** Finds a part by looking for it in all texts at once. */
function matchPart(part: string): MatchTexts {
  const find = part.length > 2 ? createFindPart(part) : undefined
  return ({ text, starts, count }, within, found) => {
    if (part === '') {
      found.set(within)
      return
    }
    let place = 0
    let at = find ? find(text, 0) : text.indexOf(part)
    while (at >= 0) {
      while ((starts[place + 1] as number) <= at) place++
      const end = starts[place + 1] as number
      // What goes beyond the end of a text is not in it, and nothing later in this text is.
      if (at + part.length <= end) setBit(found, place)
      if (++place === count) break
      at = find ? find(text, end) : text.indexOf(part, end)
    }
    for (let at = 0; at < found.length; at++)
      found[at] = (found[at] as number) & (within[at] as number)
  }
}

function matchEnd(part: string, isStart: boolean): MatchTexts {
  if (part === '') return matchPart(part)
  const { length } = part
  const first = part.charCodeAt(0)
  const last = part.charCodeAt(length - 1)
  return ({ text, starts }, within, found) =>
    forEachBit(within, (place) => {
      const start = starts[place] as number
      const end = starts[place + 1] as number
      if (end - start < length) return
      const at = isStart ? start : end - length
      if (text.charCodeAt(at) !== first || text.charCodeAt(at + length - 1) !== last) return
      if (length <= 2 || text.startsWith(part, at)) setBit(found, place)
    })
}

/** Number of groups of texts by `groupOf`. */
const groupCount = 4_096

/** Compares only the values that are alike in length and some characters. */
function matchOneOf(values: ReadonlySet<string>): MatchTexts {
  const hasValues = new Uint8Array(groupCount)
  const groups = new Map<number, string[]>()
  for (const value of values) {
    const group = groupOf(value, 0, value.length)
    hasValues[group] = 1
    groups.set(group, [...(groups.get(group) ?? []), value])
  }
  return ({ text, starts }, within, found) =>
    forEachBit(within, (place) => {
      const start = starts[place] as number
      const end = starts[place + 1] as number
      const group = groupOf(text, start, end)
      if (hasValues[group] === 0) return
      const isSame = (value: string) =>
        value.length === end - start && text.startsWith(value, start)
      if (groups.get(group)?.some(isSame)) setBit(found, place)
    })
}

function groupOf(text: string, start: number, end: number): number {
  if (start === end) return 0
  const middle = text.charCodeAt((start + end) >>> 1)
  const ends = 31 * text.charCodeAt(start) + 7 * text.charCodeAt(end - 1)
  return (ends + 127 * middle + 257 * (end - start)) % groupCount
}
