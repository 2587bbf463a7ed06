/** The room of a writer at first. */
const roomBytesMin = 512
/** From how much on it doubles only. */
const quicklyGrownBytesMax = 16 * 1024
/**
 * A string that is longer is measured before it is written: at worst a character takes three bytes.
 */
const guessedCharsMax = 1024
/** A string that is no longer is written character by character, as long as it is ASCII. */
const asciiCharsMax = 64
/** Maximum sizes of a varint of 32 bits and of 64 bits, in bytes. */
const varint32BytesMax = 5
const varint64BytesMax = 10

const nothing = Buffer.alloc(0)
/**
 * For numbers that are no varints: a view of the writer's own bytes would have to be created again
 * each time they grow.
 */
const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

/**
 * Bytes that grow at their end, and the values of protobuf's wire format
 * (https://protobuf.dev/programming-guides/encoding).
 */
export class ByteWriter {
  bytes: Buffer = nothing
  /** Number of written bytes. */
  length = 0

  /** Takes all that was written, and leaves nothing. */
  take(): Buffer {
    const bytes = this.bytes.subarray(0, this.length)
    this.bytes = nothing
    this.length = 0
    return bytes
  }

  /** Removes everything written after the first `length` bytes. */
  rewind(length: number): void {
    this.length = length
  }

  /** Makes room for so many bytes at `length`. */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(this.length + count)
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** An integer without sign, of up to 32 bits. */
  varint32(value: number): void {
    this.reserve(varint32BytesMax)
    const { bytes } = this
    let at = this.length
    let rest = value
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[at++] = rest
    this.length = at
  }

  /** An integer of up to 64 bits; a negative one as its complement of two. */
  varint64(value: bigint): void {
    scratch.setBigInt64(0, value, true)
    this.#varint64(scratch.getUint32(0, true), scratch.getUint32(4, true))
  }

  /** An integer with sign, of up to 32 bits. */
  int32(value: number): void {
    if (value >= 0) this.varint32(value)
    else this.#varint64(value >>> 0, 0xffff_ffff)
  }

  float(value: number): void {
    scratch.setFloat32(0, value, true)
    this.#scratched(4)
  }

  double(value: number): void {
    scratch.setFloat64(0, value, true)
    this.#scratched(8)
  }

  /** A length, and so many bytes of UTF-8. */
  string(text: string): void {
    if (text.length <= asciiCharsMax && this.#ascii(text)) return
    if (text.length <= guessedCharsMax) {
      const start = this.begin()
      this.reserve(3 * text.length)
      this.length += this.bytes.write(text, this.length)
      this.end(start)
      return
    }
    const count = Buffer.byteLength(text)
    this.varint32(count)
    this.reserve(count)
    this.length += this.bytes.write(text, this.length)
  }

  /** Starts a length-prefixed value. Returns the position to pass to `end`. */
  begin(): number {
    this.reserve(1)
    return ++this.length
  }

  /**
   * Writes the length of what began there; it is moved when the length takes more than one byte.
   */
  end(start: number): void {
    const count = this.length - start
    if (count <= 0x7f) {
      this.bytes[start - 1] = count
      return
    }
    this.reserve(varint32BytesMax)
    const end = this.length
    this.length = start - 1
    let lengthBytes = 1
    for (let rest = count >>> 7; rest > 0; rest >>>= 7) lengthBytes++
    this.bytes.copyWithin(start - 1 + lengthBytes, start, end)
    this.varint32(count)
    this.length += count
  }

  /** Writes the text if it is ASCII. Returns whether it was. */
  #ascii(text: string): boolean {
    const count = text.length
    this.reserve(count + 1)
    const { bytes } = this
    let at = this.length
    bytes[at++] = count
    for (let index = 0; index < count; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return false
      bytes[at++] = code
    }
    this.length = at
    return true
  }

  #varint64(low: number, high: number): void {
    this.reserve(varint64BytesMax)
    const { bytes } = this
    let at = this.length
    let [lowRest, highRest] = [low, high]
    while (highRest > 0 || lowRest > 0x7f) {
      bytes[at++] = (lowRest & 0x7f) | 0x80
      lowRest = ((lowRest >>> 7) | (highRest << 25)) >>> 0
      highRest >>>= 7
    }
    bytes[at++] = lowRest
    this.length = at
  }

  #scratched(count: number): void {
    this.reserve(count)
    const { bytes, length } = this
    for (let index = 0; index < count; index++)
      bytes[length + index] = scratchBytes[index] as number
    this.length = length + count
  }

  #grow(needed: number): void {
    const { length } = this.bytes
    const factor = length < quicklyGrownBytesMax ? 4 : 2
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, factor * length, roomBytesMin))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }
}
