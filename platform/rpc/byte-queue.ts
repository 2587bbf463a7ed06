/** A shorter chunk is copied when it has to wait: kept as it is, it would cost many times its bytes. */
const keptBytesMin = 1024
const sharedBytes = 16 * 1024

/** Bytes that came in chunks, read in other lengths. */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = []
  /** How much of the first chunk has been read. */
  #offset = 0
  #length = 0
  /** Where short chunks are gathered, how much of it is used, and whether the last chunk is the end of that. */
  #shared: Uint8Array | undefined
  #sharedEnd = 0
  #endsShared = false

  get length(): number {
    return this.#length
  }

  /** Adds a chunk, which is the queue's from now on. */
  push(chunk: Uint8Array): void {
    this.#length += chunk.length
    if (this.#chunks.length > 0 && chunk.length < keptBytesMin) this.#gather(chunk)
    else {
      this.#chunks.push(chunk)
      this.#endsShared = false
    }
  }

  /** Takes so many bytes, which are there. They are copied only when they are spread over chunks. */
  read(length: number): Uint8Array {
    this.#length -= length
    const first = this.#chunks[0]
    if (first === undefined) return new Uint8Array(0)
    const end = this.#offset + length
    if (end > first.length) return this.#join(length)
    const bytes = length === first.length ? first : first.subarray(this.#offset, end)
    this.#offset = end
    if (end === first.length) this.#drop(1)
    return bytes
  }

  #gather(chunk: Uint8Array): void {
    const end = this.#sharedEnd + chunk.length
    if (this.#shared === undefined || end > this.#shared.length) {
      this.#shared = new Uint8Array(sharedBytes)
      this.#sharedEnd = 0
      this.#endsShared = false
    }
    this.#shared.set(chunk, this.#sharedEnd)
    const start = this.#endsShared ? (this.#chunks.pop()?.byteOffset ?? 0) : this.#sharedEnd
    this.#sharedEnd += chunk.length
    this.#chunks.push(this.#shared.subarray(start, this.#sharedEnd))
    this.#endsShared = true
  }

  #join(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let at = 0
    let index = 0
    while (at < length) {
      const chunk = this.#chunks[index] as Uint8Array
      const part = chunk.subarray(this.#offset, this.#offset + length - at)
      bytes.set(part, at)
      at += part.length
      this.#offset += part.length
      if (this.#offset < chunk.length) break
      this.#offset = 0
      index++
    }
    this.#drop(index, this.#offset)
    return bytes
  }

  #drop(count: number, offset = 0): void {
    this.#chunks.splice(0, count)
    this.#offset = offset
    if (this.#chunks.length === 0) this.#endsShared = false
  }
}
