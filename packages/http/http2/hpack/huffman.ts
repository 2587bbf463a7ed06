/**
 * Lengths of the codes of RFC 7541 Appendix B: digits in base 36, 32 symbols a line, and the end of
 * string. The code is canonical: symbols in order of the length of their codes, then of their
 * value, have codes that count up.
 */
const digits = [
  'dnsssssssoussussssssssusssssssss',
  '6aacd68baa8b8666555666666678f6ca',
  'd67777777777777777777777878djde6',
  'f56565666577666567655677777fbeds',
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnno',
  'mlkmmnnlnmmolmnnllmlnmnnkmmmnmmn',
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrr',
  'koklmllnmmppooqnqrqqrrrrrsrrrrrq',
  'u',
].join('')
const codeLengths = Uint8Array.from(digits, (digit) => Number.parseInt(digit, 36))
const endOfString = 256
const codes = canonicalCodes()

function canonicalCodes(): Uint32Array {
  const lengthOf = (symbol: number): number => codeLengths[symbol] ?? 0
  const symbols = [...codeLengths.keys()].sort((a, b) => lengthOf(a) - lengthOf(b) || a - b)
  const found = new Uint32Array(codeLengths.length)
  let code = 0
  let length = 0
  for (const symbol of symbols) {
    code <<= lengthOf(symbol) - length
    length = lengthOf(symbol)
    found[symbol] = code++
  }
  return found
}

/** Returns the encoded size of a text, in bytes. Only the low eight bits of characters count. */
export function huffmanBytes(text: string): number {
  let bits = 0
  for (let index = 0; index < text.length; index++) {
    bits += codeLengths[text.charCodeAt(index) & 0xff] as number
  }
  return (bits + 7) >>> 3
}

/** Encodes a text to `out` at `offset`. Returns the offset after it. */
export function writeHuffman(text: string, out: Uint8Array, offset: number): number {
  let end = offset
  let pending = 0
  let free = 8
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff
    const code = codes[symbol] as number
    let length = codeLengths[symbol] as number
    while (length >= free) {
      length -= free
      out[end++] = (pending << free) | ((code >>> length) & (0xff >>> (8 - free)))
      pending = 0
      free = 8
    }
    pending = (pending << length) | (code & ((1 << length) - 1))
    free -= length
  }
  if (free < 8) out[end++] = (pending << free) | (0xff >>> (8 - free))
  return end
}

const malformed = 0x2_0000
const emits = 0x1_0000
/**
 * Padding is the first bits of the end of string, at most seven (RFC 7541 §5.2). The state after n
 * ones is n.
 */
const paddingBitsMax = 7
const transitions = decodingTable()

/**
 * For each state (a node of the code tree) and each four bits: the next state, and the symbol above
 * it when one ends there. No code is shorter than five bits, so at most one ends. A bit says
 * whether one ends, another that the code is malformed.
 */
function decodingTable(): Uint32Array {
  const tree = codeTree()
  const table = new Uint32Array(tree.length * 16)
  for (let entry = 0; entry < table.length; entry++) {
    let node = entry >>> 4
    let symbol = 0
    for (let bit = 3; bit >= 0; bit--) {
      const next = tree[node]?.[(entry >>> bit) & 1] ?? 0
      if (next < 0) symbol = ~next | emits
      node = Math.max(next, 0)
    }
    table[entry] =
      symbol === (endOfString | emits)
        ? malformed
        : node | ((symbol & 0xff) << 8) | (symbol & emits)
  }
  return table
}

/**
 * Inner nodes of the code tree. Each entry holds what follows on a 0 and on a 1: a node, or
 * `~symbol`. Node 0 is the root. Node n follows n ones.
 */
function codeTree(): [number, number][] {
  const tree: [number, number][] = [[0, 0]]
  for (let symbol = endOfString; symbol >= 0; symbol--) {
    const length = codeLengths[symbol] ?? 0
    let node = tree[0]
    for (let bit = length - 1; bit >= 0 && node; bit--) {
      const side = ((codes[symbol] ?? 0) >>> bit) & 1
      if (bit === 0) node[side] = ~symbol
      else if (node[side] === 0) node[side] = tree.push([0, 0]) - 1
      node = tree[node[side] ?? 0]
    }
  }
  return tree
}

/** Returns the maximum size of a text with `encodedBytes`. */
export function huffmanTextBytesMax(encodedBytes: number): number {
  return Math.floor((encodedBytes * 8) / 5)
}

/**
 * Decodes `bytes` from `start` to `end` into `text`, which must have room for
 * `huffmanTextBytesMax`. Returns the number of bytes written, or -1 when the text is malformed: its
 * padding is wrong or too long, or it contains the end of string.
 */
export function readHuffman(
  bytes: Uint8Array,
  start: number,
  end: number,
  text: Uint8Array,
): number {
  let length = 0
  let state = 0
  for (let index = start; index < end; index++) {
    const byte = bytes[index] as number
    let next = transitions[(state << 4) | (byte >>> 4)] as number
    if (next >= emits) {
      if (next >= malformed) return -1
      text[length++] = next >>> 8
    }
    next = transitions[((next & 0xff) << 4) | (byte & 0xf)] as number
    if (next >= emits) {
      if (next >= malformed) return -1
      text[length++] = next >>> 8
    }
    state = next & 0xff
  }
  return state <= paddingBitsMax ? length : -1
}
