import type { HeaderList } from '../../exchange.ts'
import { entryOverheadBytes, HpackDynamicTable, initialTableBytes } from './dynamic-table.ts'
import { huffmanBytes, writeHuffman } from './huffman.ts'
import { type Indexing, type KnownName, knownNames } from './indexing.ts'
import { firstDynamicIndex } from './static-table.ts'

/** Maximum size of a 32-bit integer with its first octet (RFC 7541 §5.1). */
const integerBytesMax = 6

/** Returns the maximum size of the encoded headers, in bytes. */
export function encodedBytesMax(headers: HeaderList): number {
  // An index and the lengths of name and value for each header, and two size updates before them.
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

/** A first octet: its pattern, and the maximum that it holds of an integer (RFC 7541 §5.1). */
interface Prefix {
  readonly pattern: number
  readonly prefixMax: number
}

/** Representations of headers (RFC 7541 §6). */
const indexed = { pattern: 0x80, prefixMax: 0x7f }
const literal = {
  table: { pattern: 0x40, prefixMax: 0x3f },
  once: { pattern: 0x00, prefixMax: 0x0f },
  never: { pattern: 0x10, prefixMax: 0x0f },
}
const sizeUpdate = { pattern: 0x20, prefixMax: 0x1f }
/** Representations of strings (RFC 7541 §5.2). */
const huffmanText = { pattern: 0x80, prefixMax: 0x7f }
const plainText = { pattern: 0x00, prefixMax: 0x7f }

/** Longest text for which a loop is faster than a native call, on Deno by far. */
const loopLengthMax = 64

const nowhere = Buffer.alloc(0)

/** Encodes the header blocks of one connection, in the order in which they are sent (RFC 7541). */
export class HpackEncoder {
  readonly #table = new HpackDynamicTable(initialTableBytes)
  /** Our maximum. The peer may allow more. */
  readonly #tableBytesMax: number
  /** Entries of the table, by name. */
  #entries: Map<string, NameEntries> | undefined
  /**
   * The smallest size since the last block, when the next one has to signal a change (RFC 7541
   * §4.2).
   */
  #smallestBytes: number | undefined
  #out: Buffer = nowhere
  #offset = 0

  constructor({ tableBytesMax = initialTableBytes }: { readonly tableBytesMax?: number } = {}) {
    this.#tableBytesMax = tableBytesMax
    this.setPeerTableBytes(initialTableBytes)
  }

  /** Applies the peer's SETTINGS_HEADER_TABLE_SIZE. The next block signals the change. */
  setPeerTableBytes(bytes: number): void {
    const bytesMax = Math.min(bytes, this.#tableBytesMax)
    if (bytesMax === this.#table.bytesMax) return
    this.#smallestBytes = Math.min(bytesMax, this.#smallestBytes ?? bytesMax)
    this.#evictUntil(bytesMax)
    this.#table.resize(bytesMax)
  }

  /**
   * Encodes the list as a block to `out` at `offset`, where there must be room for
   * `encodedBytesMax`. Returns the offset after it. The block must be sent, because the peer's
   * table follows ours. The low eight bits of each character are sent. The caller makes sure that
   * none is a line break or NUL.
   */
  encode(headers: HeaderList, out: Buffer, offset: number): number {
    this.#out = out
    this.#offset = offset
    if (this.#smallestBytes !== undefined) this.#writeSizeUpdates(this.#smallestBytes)
    for (let index = 0; index < headers.length; index += 2) {
      this.#writeHeader(headers[index] as string, headers[index + 1] as string)
    }
    // Does not keep the caller's buffer alive.
    this.#out = nowhere
    return this.#offset
  }

  #writeSizeUpdates(smallestBytes: number): void {
    const { bytesMax } = this.#table
    if (smallestBytes < bytesMax) this.#writeInteger(sizeUpdate, smallestBytes)
    this.#writeInteger(sizeUpdate, bytesMax)
    this.#smallestBytes = undefined
  }

  #writeHeader(name: string, value: string): void {
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

  /** Returns how to encode a header. One that would remove half of the table is not added. */
  #indexingOf(known: KnownName | undefined, name: string, value: string): Indexing {
    const indexing = known?.indexing ?? 'table'
    const bytes = name.length + value.length + entryOverheadBytes
    return indexing === 'table' && bytes > this.#table.bytesMax / 2 ? 'once' : indexing
  }

  /**
   * Writes a text. One for the table is compressed, because it is sent once. The others are not, to
   * save time.
   */
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

  /** Writes an integer after the pattern in its first octet (RFC 7541 §5.1). */
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
    // The newest entry of a name is removed after all others of that name.
    if (entries?.number === oldest) this.#entries?.delete(name)
    else entries?.others?.delete(table.value(oldest))
    table.evict()
  }
}
