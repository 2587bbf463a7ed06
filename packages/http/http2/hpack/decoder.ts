import { entryOverheadBytes, HpackDynamicTable, initialTableBytes } from './dynamic-table.ts'
import { HpackError } from './error.ts'
import { huffmanTextBytesMax, readHuffman } from './huffman.ts'
import { firstDynamicIndex, staticNames, staticValues } from './static-table.ts'

export interface HeaderListLimits {
  /** Maximum size of a list as RFC 9113 §6.5.2 counts it: names, values, and 32 for each header. */
  readonly listBytesMax: number
  readonly listCountMax: number
}

export interface DecodedBlock {
  /** Names and values in turn, with pseudo-headers, in order. Each character is a byte. */
  readonly headers: readonly string[]
  /** True when the list exceeds the limits. `headers` ends before the first header beyond them. */
  readonly overflow: boolean
}

/**
 * Longest block that is compared with the one before, in bytes. Blocks that repeat consist of
 * indexes, and are short.
 */
const repeatedBytesMax = 128

/** An integer of more octets is beyond anything that is allowed here (RFC 7541 §5.1). */
const integerShiftMax = 28

/** Buffer for decoded Huffman texts, unless they are longer. */
const scratch = Buffer.allocUnsafeSlow(8192)

const nothing: DecodedBlock = { headers: [], overflow: false }

/** Decodes the header blocks that arrive on one connection, in their order (RFC 7541). */
export class HpackDecoder {
  readonly #table: HpackDynamicTable
  /** The largest size that the peer may give the table. */
  #tableBytesMax: number
  /** When set, the next block has to begin with a table size update to at most this. */
  #updateDueBytes: number | undefined
  #block: Buffer = scratch
  #offset = 0
  /** The last block, when an equal one would mean the same, with its headers and their size. */
  #repeatable: Uint8Array | undefined
  #repeatableBytes = 0
  #decoded: DecodedBlock = nothing
  #decodedBytes = 0

  /** @param tableBytesMax Size of the table that the peer assumes when the connection begins. */
  constructor({ tableBytesMax = initialTableBytes }: { readonly tableBytesMax?: number } = {}) {
    this.#table = new HpackDynamicTable(tableBytesMax)
    this.#tableBytesMax = tableBytesMax
  }

  /**
   * Reports that the peer has acknowledged our SETTINGS_HEADER_TABLE_SIZE. When its table is
   * larger, its next block has to make it smaller (RFC 7541 §4.2).
   */
  setTableBytesMax(bytes: number): void {
    if (bytes < this.#table.bytesMax) {
      this.#updateDueBytes = Math.min(bytes, this.#updateDueBytes ?? bytes)
      this.#repeatableBytes = 0
    }
    this.#tableBytesMax = bytes
  }

  /**
   * Decodes one whole header block. Throws an `HpackError` when it is malformed; the connection
   * cannot be used any more then. A block beyond the limits is decoded to its end to keep the table
   * in sync. The cost depends on the bytes of the block alone. A repeated block returns the same
   * object.
   */
  decode(block: Buffer, limits: HeaderListLimits): DecodedBlock {
    if (this.#repeats(block, limits)) return this.#decoded
    const { inserted, count } = this.#table
    this.#block = block
    this.#offset = 0
    const resized = this.#readSizeUpdates()
    const decoded = this.#readHeaders(limits)
    this.#block = scratch
    this.#decoded = decoded
    this.#repeatableBytes = 0
    const changed = resized || inserted !== this.#table.inserted || count !== this.#table.count
    if (!changed && !decoded.overflow) this.#remember(block)
    return decoded
  }

  #repeats(block: Buffer, { listBytesMax, listCountMax }: HeaderListLimits): boolean {
    const bytes = this.#repeatableBytes
    const known = this.#repeatable
    if (bytes === 0 || bytes !== block.length || known === undefined) return false
    for (let index = 0; index < bytes; index++) if (known[index] !== block[index]) return false
    return this.#decodedBytes <= listBytesMax && this.#decoded.headers.length <= listCountMax * 2
  }

  #remember(block: Buffer): void {
    if (block.length > repeatedBytesMax) return
    this.#repeatable ??= new Uint8Array(repeatedBytesMax)
    for (let index = 0; index < block.length; index++) {
      this.#repeatable[index] = block[index] as number
    }
    this.#repeatableBytes = block.length
  }

  /** Reads size updates, which come only at the beginning of a block (RFC 7541 §4.2). */
  #readSizeUpdates(): boolean {
    let resized = false
    while (
      this.#offset < this.#block.length &&
      ((this.#block[this.#offset] as number) & 0xe0) === 0x20
    ) {
      const bytes = this.#readInteger(0x1f)
      if (bytes > this.#tableBytesMax) throw new HpackError('table size update larger than allowed')
      if (bytes <= (this.#updateDueBytes ?? 0)) this.#updateDueBytes = undefined
      this.#table.resize(bytes)
      resized = true
    }
    if (this.#updateDueBytes !== undefined) throw new HpackError('missing table size update')
    return resized
  }

  #readHeaders({ listBytesMax, listCountMax }: HeaderListLimits): DecodedBlock {
    const block = this.#block
    const table = this.#table
    const headers: string[] = []
    let listBytes = 0
    let overflow = false
    while (this.#offset < block.length) {
      const first = block[this.#offset] as number
      let name: string
      let value: string
      if (first >= 0x80) {
        const index = this.#readInteger(0x7f)
        if (index > 0 && index < firstDynamicIndex) {
          name = staticNames[index] as string
          value = staticValues[index] as string
        } else {
          const number = this.#entryNumber(index)
          name = table.name(number)
          value = table.value(number)
        }
      } else {
        if (first >= 0x20 && first < 0x40) throw new HpackError('table size update after a header')
        name = this.#readName(first >= 0x40 ? 0x3f : 0x0f)
        value = this.#readString()
        if (first >= 0x40) table.insert(name, value)
      }
      listBytes += name.length + value.length + entryOverheadBytes
      overflow ||= listBytes > listBytesMax || headers.length >= listCountMax * 2
      if (!overflow) headers.push(name, value)
    }
    this.#decodedBytes = listBytes
    return { headers, overflow }
  }

  #readName(prefixMax: number): string {
    const index = this.#readInteger(prefixMax)
    if (index === 0) return this.#readString()
    if (index < firstDynamicIndex) return staticNames[index] as string
    return this.#table.name(this.#entryNumber(index))
  }

  /**
   * Converts an index to the number of an entry. The newest entry has the first index (RFC 7541
   * §2.3.3).
   */
  #entryNumber(index: number): number {
    const age = index - firstDynamicIndex
    if (index === 0 || age >= this.#table.count) throw new HpackError('index without an entry')
    return this.#table.inserted - age
  }

  /** Reads a string literal (RFC 7541 §5.2). */
  #readString(): string {
    const block = this.#block
    if (this.#offset >= block.length) throw new HpackError('truncated header block')
    const encoded = (block[this.#offset] as number) >= 0x80
    const length = this.#readInteger(0x7f)
    const start = this.#offset
    const end = start + length
    if (end > block.length) throw new HpackError('string longer than its block')
    this.#offset = end
    if (!encoded) return block.toString('latin1', start, end)
    const bytesMax = huffmanTextBytesMax(length)
    const text = bytesMax <= scratch.length ? scratch : Buffer.allocUnsafeSlow(bytesMax)
    const textBytes = readHuffman(block, start, end, text)
    if (textBytes < 0) throw new HpackError('malformed Huffman text')
    return text.toString('latin1', 0, textBytes)
  }

  /** Reads an integer (RFC 7541 §5.1). Its first octet holds at most `prefixMax`. */
  #readInteger(prefixMax: number): number {
    const block = this.#block
    let value = (block[this.#offset++] as number) & prefixMax
    if (value < prefixMax) return value
    for (let shift = 0; shift <= integerShiftMax; shift += 7) {
      const octet = block[this.#offset++]
      if (octet === undefined) throw new HpackError('truncated header block')
      value += (octet & 0x7f) * 2 ** shift
      if (octet < 0x80) return value
    }
    throw new HpackError('integer too large')
  }
}
