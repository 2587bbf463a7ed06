import { entryOverheadBytes, HpackDynamicTable, initialTableBytes } from './dynamic-table.ts'
import { HpackError } from './error.ts'
import { huffmanTextBytesMax, readHuffman } from './huffman.ts'
import { firstDynamicIndex, staticNames, staticValues } from './static-table.ts'

export interface HeaderListLimits {
  /** The size of a list as RFC 9113 §6.5.2 counts it: names, values, and 32 for each field. */
  readonly listBytesMax: number
  readonly listCountMax: number
}

export interface DecodedBlock {
  /** Name, value, name, value…, pseudo-headers among them, in order; each character is a byte. */
  readonly headers: readonly string[]
  /** Whether the list is beyond the limits; then `headers` is what comes before the first field that was too much. */
  readonly overflow: boolean
}

/** Longer blocks are not looked at for a repetition: those that repeat are of indexes. */
const repeatedBytesMax = 128

/** An integer of more octets is beyond anything that is allowed here (RFC 7541 §5.1). */
const integerShiftMax = 28

/** Where a Huffman text is decoded to, unless it is longer. */
const scratch = Buffer.allocUnsafeSlow(8192)

const nothing: DecodedBlock = { headers: [], overflow: false }

/** Decodes the header blocks that come by one connection, in their order (RFC 7541). */
export class HpackDecoder {
  readonly #table: HpackDynamicTable
  /** The largest size that the peer may give the table. */
  #tableBytesMax: number
  /** When set, the next block has to begin by making the table no larger than this. */
  #updateDueBytes: number | undefined
  #block: Buffer = scratch
  #offset = 0
  /** The last block, when another of the same bytes would mean the same; what it meant, and the size of that. */
  #repeatable: Uint8Array | undefined
  #repeatableBytes = 0
  #decoded: DecodedBlock = nothing
  #decodedBytes = 0

  /** @param tableBytesMax the size of the table that the peer assumes when the connection begins. */
  constructor({ tableBytesMax = initialTableBytes }: { readonly tableBytesMax?: number } = {}) {
    this.#table = new HpackDynamicTable(tableBytesMax)
    this.#tableBytesMax = tableBytesMax
  }

  /**
   * The peer has acknowledged our SETTINGS_HEADER_TABLE_SIZE. When its table is larger than that, its next block has to
   * say that it made it smaller (RFC 7541 §4.2).
   */
  setTableBytesMax(bytes: number): void {
    if (bytes < this.#table.bytesMax) {
      this.#updateDueBytes = Math.min(bytes, this.#updateDueBytes ?? bytes)
      this.#repeatableBytes = 0
    }
    this.#tableBytesMax = bytes
  }

  /**
   * Decodes one whole header block. Throws an `HpackError` when it is malformed; the connection is of no use then. A block
   * beyond the limits is decoded to its end for the table's sake. The cost is bounded by the bytes of the block, whatever
   * they stand for. When a block repeats the one before, the answer is the same object.
   */
  decode(block: Buffer, limits: HeaderListLimits): DecodedBlock {
    if (this.#repeats(block, limits)) return this.#decoded
    const { inserted, count } = this.#table
    this.#block = block
    this.#offset = 0
    const resized = this.#readSizeUpdates()
    const decoded = this.#readFields(limits)
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

  /** They stand at the beginning of a block only (RFC 7541 §4.2). */
  #readSizeUpdates(): boolean {
    let resized = false
    while (
      this.#offset < this.#block.length &&
      ((this.#block[this.#offset] as number) & 0xe0) === 0x20
    ) {
      const bytes = this.#readInteger(0x1f)
      if (bytes > this.#tableBytesMax) throw new HpackError('a dynamic table larger than allowed')
      if (bytes <= (this.#updateDueBytes ?? 0)) this.#updateDueBytes = undefined
      this.#table.resize(bytes)
      resized = true
    }
    if (this.#updateDueBytes !== undefined) throw new HpackError('a dynamic table not made smaller')
    return resized
  }

  #readFields({ listBytesMax, listCountMax }: HeaderListLimits): DecodedBlock {
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
        if (first >= 0x20 && first < 0x40) throw new HpackError('a size update behind a field')
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

  /** The newest entry has the first index (RFC 7541 §2.3.3). */
  #entryNumber(index: number): number {
    const age = index - firstDynamicIndex
    if (index === 0 || age >= this.#table.count) throw new HpackError('an index of no entry')
    return this.#table.inserted - age
  }

  /** A string literal (RFC 7541 §5.2). */
  #readString(): string {
    const block = this.#block
    if (this.#offset >= block.length) throw new HpackError('a block that breaks off')
    const encoded = (block[this.#offset] as number) >= 0x80
    const length = this.#readInteger(0x7f)
    const start = this.#offset
    const end = start + length
    if (end > block.length) throw new HpackError('a string longer than its block')
    this.#offset = end
    if (!encoded) return block.toString('latin1', start, end)
    const bytesMax = huffmanTextBytesMax(length)
    const text = bytesMax <= scratch.length ? scratch : Buffer.allocUnsafeSlow(bytesMax)
    const textBytes = readHuffman(block, start, end, text)
    if (textBytes < 0) throw new HpackError('a malformed Huffman text')
    return text.toString('latin1', 0, textBytes)
  }

  /** An integer (RFC 7541 §5.1) whose first octet holds as much as `prefixMax`. */
  #readInteger(prefixMax: number): number {
    const block = this.#block
    let value = (block[this.#offset++] as number) & prefixMax
    if (value < prefixMax) return value
    for (let shift = 0; shift <= integerShiftMax; shift += 7) {
      const octet = block[this.#offset++]
      if (octet === undefined) throw new HpackError('a block that breaks off')
      value += (octet & 0x7f) * 2 ** shift
      if (octet < 0x80) return value
    }
    throw new HpackError('an integer of too many octets')
  }
}
