import type { HeaderList } from '../../exchange.ts'
import { entryOverheadBytes, HpackDynamicTable, initialTableBytes } from './dynamic-table.ts'
import { huffmanBytes, writeHuffman } from './huffman.ts'
import { type Indexing, type KnownName, knownNames } from './indexing.ts'
import { firstDynamicIndex } from './static-table.ts'

/** An integer of 32 bits, and the first octet (RFC 7541 §5.1). */
const integerBytesMax = 6

/** The most that `fields` may take when they are encoded. */
export function encodedBytesMax(headers: HeaderList): number {
  // An index and the lengths of name and value for each field, and two size updates before them all.
  let bytes = 2 * integerBytesMax + 1.5 * integerBytesMax * headers.length
  for (let index = 0; index < headers.length; index++) bytes += (headers[index] as string).length
  return bytes
}

/** The entries of one name: the newest, and the others by their values. */
interface NameEntries {
  value: string
  number: number
  others: Map<string, number> | undefined
}

/** A first octet: its pattern, and the most that it holds of an integer (RFC 7541 §5.1). */
interface Prefix {
  readonly pattern: number
  readonly prefixMax: number
}

/** RFC 7541 §6. */
const indexed = { pattern: 0x80, prefixMax: 0x7f }
const literal = {
  table: { pattern: 0x40, prefixMax: 0x3f },
  once: { pattern: 0x00, prefixMax: 0x0f },
  never: { pattern: 0x10, prefixMax: 0x0f },
}
const sizeUpdate = { pattern: 0x20, prefixMax: 0x1f }
/** RFC 7541 §5.2. */
const huffmanText = { pattern: 0x80, prefixMax: 0x7f }
const plainText = { pattern: 0x00, prefixMax: 0x7f }

/** Up to so many characters a loop is faster than a call out of the engine, on Deno by far. */
const loopLengthMax = 64

const nowhere = Buffer.alloc(0)

/** Encodes the header blocks that leave by one connection, in their order (RFC 7541). */
export class HpackEncoder {
  readonly #table = new HpackDynamicTable(initialTableBytes)
  /** Ours; the peer may allow more. */
  readonly #tableBytesMax: number
  /** What is in the table, by name. */
  #entries: Map<string, NameEntries> | undefined
  /** The smallest size since the last block, when the next one has to tell that it changed (RFC 7541 §4.2). */
  #smallestBytes: number | undefined
  #out: Buffer = nowhere
  #offset = 0

  constructor({ tableBytesMax = initialTableBytes }: { readonly tableBytesMax?: number } = {}) {
    this.#tableBytesMax = tableBytesMax
    this.setPeerTableBytes(initialTableBytes)
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. The next block tells what came of it. */
  setPeerTableBytes(bytes: number): void {
    const bytesMax = Math.min(bytes, this.#tableBytesMax)
    if (bytesMax === this.#table.bytesMax) return
    this.#smallestBytes = Math.min(bytesMax, this.#smallestBytes ?? bytesMax)
    this.#evictUntil(bytesMax)
    this.#table.resize(bytesMax)
  }

  /**
   * Encodes the list as a block to `out` at `offset`, where there is room for `encodedBytesMax`, and answers the offset
   * behind it. The block has to be sent, for the peer's table follows ours. Of each character the low eight bits are sent:
   * that they are no line break or NUL is the caller's care.
   */
  encode(headers: HeaderList, out: Buffer, offset: number): number {
    this.#out = out
    this.#offset = offset
    if (this.#smallestBytes !== undefined) this.#writeSizeUpdates(this.#smallestBytes)
    for (let index = 0; index < headers.length; index += 2) {
      this.#writeField(headers[index] as string, headers[index + 1] as string)
    }
    // What goes on being held is the caller's to free.
    this.#out = nowhere
    return this.#offset
  }

  #writeSizeUpdates(smallestBytes: number): void {
    const { bytesMax } = this.#table
    if (smallestBytes < bytesMax) this.#writeInteger(sizeUpdate, smallestBytes)
    this.#writeInteger(sizeUpdate, bytesMax)
    this.#smallestBytes = undefined
  }

  #writeField(name: string, value: string): void {
    const entries = this.#entries?.get(name)
    const number = entries?.value === value ? entries.number : entries?.others?.get(value)
    if (number !== undefined) {
      this.#writeInteger(indexed, this.#indexOf(number))
      return
    }
    const known = knownNames.get(name)
    const index = known?.valueIndexes?.get(value)
    if (index === undefined) this.#writeLiteral(name, value, known, entries)
    else this.#writeInteger(indexed, index)
  }

  #writeLiteral(
    name: string,
    value: string,
    known: KnownName | undefined,
    entries: NameEntries | undefined,
  ): void {
    const indexing = this.#indexingOf(known, name, value)
    if (known !== undefined && known.index > 0) {
      this.#writeInteger(literal[indexing], known.index)
    } else if (entries !== undefined) {
      this.#writeInteger(literal[indexing], this.#indexOf(entries.number))
    } else {
      this.#writeInteger(literal[indexing], 0)
      this.#writeText(name, indexing)
    }
    this.#writeText(value, indexing)
    if (indexing === 'table') this.#insert(name, value)
  }

  /** What would push out half of the others is worth no entry. */
  #indexingOf(known: KnownName | undefined, name: string, value: string): Indexing {
    const indexing = known?.indexing ?? 'table'
    const bytes = name.length + value.length + entryOverheadBytes
    return indexing === 'table' && bytes > this.#table.bytesMax / 2 ? 'once' : indexing
  }

  /** A text for the table is sent once, so that it may cost; the others are sent as they are. */
  #writeText(text: string, indexing: Indexing): void {
    const encodedBytes = indexing === 'table' ? huffmanBytes(text) : text.length
    if (encodedBytes < text.length) {
      this.#writeInteger(huffmanText, encodedBytes)
      this.#offset = writeHuffman(text, this.#out, this.#offset)
      return
    }
    this.#writeInteger(plainText, text.length)
    const out = this.#out
    if (text.length > loopLengthMax) {
      this.#offset += out.write(text, this.#offset, 'latin1')
      return
    }
    for (let index = 0; index < text.length; index++) out[this.#offset++] = text.charCodeAt(index)
  }

  /** An integer behind the pattern in its first octet (RFC 7541 §5.1). */
  #writeInteger({ pattern, prefixMax }: Prefix, value: number): void {
    const out = this.#out
    if (value < prefixMax) {
      out[this.#offset++] = pattern | value
      return
    }
    out[this.#offset++] = pattern | prefixMax
    let rest = value - prefixMax
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[this.#offset++] = (rest & 0x7f) | 0x80
    out[this.#offset++] = rest
  }

  #indexOf(number: number): number {
    return firstDynamicIndex + this.#table.inserted - number
  }

  #insert(name: string, value: string): void {
    const table = this.#table
    this.#evictUntil(table.bytesMax - name.length - value.length - entryOverheadBytes)
    table.insert(name, value)
    this.#entries ??= new Map()
    const entries = this.#entries.get(name)
    if (entries === undefined) {
      this.#entries.set(name, { value, number: table.inserted, others: undefined })
      return
    }
    entries.others ??= new Map()
    entries.others.set(entries.value, entries.number)
    entries.value = value
    entries.number = table.inserted
  }

  #evictUntil(bytesMax: number): void {
    while (this.#table.count > 0 && this.#table.bytes > bytesMax) this.#evict()
  }

  #evict(): void {
    const table = this.#table
    const oldest = table.inserted - table.count + 1
    const name = table.name(oldest)
    const entries = this.#entries?.get(name)
    // When the newest of a name leaves, the others have left before.
    if (entries?.number === oldest) this.#entries?.delete(name)
    else entries?.others?.delete(table.value(oldest))
    table.evict()
  }
}
