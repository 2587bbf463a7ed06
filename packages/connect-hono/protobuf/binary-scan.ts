import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'

/** Counts fields and packed items, including those of nested messages. */
export type CountElements = (bytes: Uint8Array, elementsMax: number) => number

/**
 * A field with several elements: the fields of its message type that have several, or the size of
 * its packed items in bytes, 0 for varints.
 */
type Holder = Holders | number
type Holders = Map<number, Holder>

/** Maximum nesting, as in the parser. */
const depthMax = 100

const itemBytes = new Map<ScalarType, number>([
  [ScalarType.DOUBLE, 8],
  [ScalarType.FIXED64, 8],
  [ScalarType.SFIXED64, 8],
  [ScalarType.FLOAT, 4],
  [ScalarType.FIXED32, 4],
  [ScalarType.SFIXED32, 4],
])

/**
 * Creates a counter for messages in binary form. It stops beyond `elementsMax`. A malformed message
 * is counted as far as it can be read, because the parser refuses it.
 */
export function binaryCounter(desc: DescMessage): CountElements {
  const holders = holdersOf(desc, new Map())
  return (bytes, elementsMax) => {
    const scan = new BinaryScan(bytes, elementsMax)
    scan.message(0, bytes.length, holders, 0)
    return scan.count
  }
}

function holdersOf(desc: DescMessage, known: Map<DescMessage, Holders>): Holders {
  const found = known.get(desc)
  if (found !== undefined) return found
  const holders: Holders = new Map()
  known.set(desc, holders)
  for (const field of desc.fields) {
    const holder = holderOf(field, known)
    if (holder !== undefined) holders.set(field.number, holder)
  }
  return holders
}

function holderOf(field: DescField, known: Map<DescMessage, Holders>): Holder | undefined {
  const { message } = field
  if (field.fieldKind === 'map') {
    // An entry is a message whose field 2 is the value.
    return new Map(message && [[2, holdersOf(message, known)]])
  }
  if (message !== undefined) return holdersOf(message, known)
  if (field.fieldKind !== 'list') return undefined
  const isPackable = field.scalar !== ScalarType.STRING && field.scalar !== ScalarType.BYTES
  return isPackable ? (itemBytes.get(field.scalar as ScalarType) ?? 0) : undefined
}

class BinaryScan {
  count = 0
  readonly #bytes: Uint8Array
  readonly #countMax: number
  #at = 0

  constructor(bytes: Uint8Array, countMax: number) {
    this.#bytes = bytes
    this.#countMax = countMax
  }

  message(start: number, end: number, holders: Holders, depth: number): void {
    this.#at = start
    while (this.#at < end && this.count <= this.#countMax) {
      const tag = this.#varint()
      this.count++
      const wireType = tag & 0b111
      if (wireType === 0) this.#varint()
      else if (wireType === 1) this.#at += 8
      else if (wireType === 5) this.#at += 4
      else if (wireType === 2) {
        const length = this.#varint()
        const start = this.#at
        if (start + length > end) return
        const holder = holders.get(tag >>> 3)
        if (typeof holder === 'number') this.#items(start, start + length, holder)
        else if (holder !== undefined && depth < depthMax) {
          this.message(start, start + length, holder, depth + 1)
        }
        this.#at = start + length
      }
      // The tags of a group count, and its fields are on the same level.
    }
  }

  #items(start: number, end: number, itemBytes: number): void {
    if (itemBytes > 0) {
      this.count += (end - start) / itemBytes
      return
    }
    for (let at = start; at < end; at++) if ((this.#bytes[at] as number) < 0x80) this.count++
  }

  /** Returns the low 32 bits of a varint, which the parser uses for tags and lengths. */
  #varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }
}
