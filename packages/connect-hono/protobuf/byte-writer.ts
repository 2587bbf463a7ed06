/** Initial size of the buffer, in bytes. */
const roomBytesMin = 512
/** Size up to which the buffer grows fourfold, in bytes. After that it doubles. */
const quicklyGrownBytesMax = 16 * 1024
/**
 * Maximum length of a string that is written before it is measured. A character takes up to three
 * bytes.
 */
const guessedCharsMax = 1024
/** Maximum length of an ASCII string that is written character by character. */
const asciiCharsMax = 64
/** Maximum sizes of a varint of 32 bits and of 64 bits, in bytes. */
const varint32BytesMax = 5
const varint64BytesMax = 10

const nothing = Buffer.alloc(0)
/**
 * View for numbers that are not varints. A view of the writer's buffer would have to be created
 * again whenever it grows.
 */
const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

/**
 * Growing buffer, with methods that write values in protobuf's wire format
 * (https://protobuf.dev/programming-guides/encoding).
 */
export class ByteWriter {
  bytes: Buffer = nothing
  /** Number of written bytes. */
  length = 0

  /** Returns everything written, and empties the writer. */
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

  /** Makes room for `count` bytes at `length`. */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(this.length + count)
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Writes an unsigned integer of up to 32 bits. */
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

  /** Writes an integer of up to 64 bits, a negative one in two's complement. */
  varint64(value: bigint): void {
    scratch.setBigInt64(0, value, true)
    this.#varint64(scratch.getUint32(0, true), scratch.getUint32(4, true))
  }

  /** Writes a signed integer of up to 32 bits. */
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

  /** Writes a string with its length. */
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
   * Writes the length of the value that began at `start`. Moves the value when the length takes
   * more than one byte.
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
