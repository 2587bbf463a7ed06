/**
 * Minimum size of a chunk that is not copied when it waits, in bytes. A smaller one would hold a
 * much larger buffer.
 */
const keptBytesMin = 1024
const sharedBytes = 16 * 1024

/** Minimum length of an expected read that is assembled as it arrives, in bytes. */
const awaitedBytesMin = 64 * 1024
/** Share of the read that has to arrive before its buffer is allocated. */
const awaitedShareMin = 1 / 4

/** Queue of bytes: pushed in chunks, read in other lengths. */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = []
  /** Number of bytes of the first chunk that have been read. */
  #offset = 0
  #length = 0
  /**
   * Buffer of gathered short chunks. `#sharedEnd` is its used length; `#endsShared` is true when
   * the last chunk is its end.
   */
  #shared: Uint8Array | undefined
  #sharedEnd = 0
  #endsShared = false
  /** Number of chunks that keep no larger buffer alive. */
  #settled = 0
  /** Length of the next read, in bytes; 0 when unknown. */
  #awaitedLength = 0
  /**
   * Buffer in which the next read is assembled, before all chunks. `#awaitedEnd` is its used
   * length.
   */
  #awaited: Uint8Array | undefined
  #awaitedEnd = 0

  get length(): number {
    return this.#length
  }

  /**
   * Sets the length of the next read. Its bytes are joined as they arrive, while they are in the
   * processor's cache, and their chunks can be freed.
   */
  expect(length: number): void {
    this.#awaitedLength = length
    this.#gatherAwaited()
  }

  /** Adds a chunk. The queue owns it from now on. */
  push(chunk: Uint8Array): void {
    this.#length += chunk.length
    const rest = this.#awaited === undefined ? chunk : this.#addAwaited(this.#awaited, chunk)
    if (rest.length === 0) return
    if (this.#chunks.length > 0 && rest.length < keptBytesMin) this.#gather(rest)
    else {
      this.#chunks.push(rest)
      this.#endsShared = false
    }
    if (this.#awaitedLength > 0) this.#gatherAwaited()
  }

  /**
   * Copies the chunks that are a small part of their buffer. Call it before a wait, so that they do
   * not hold the buffer.
   */
  settle(): void {
    const chunks = this.#chunks
    for (let index = this.#settled; index < chunks.length; index++) {
      const chunk = chunks[index] as Uint8Array
      const isShared = chunk.buffer === this.#shared?.buffer
      if (!isShared && chunk.buffer.byteLength > 2 * chunk.length) {
        chunks[index] = new Uint8Array(chunk)
      }
    }
    // The last one may still grow.
    this.#settled = this.#endsShared ? chunks.length - 1 : chunks.length
  }

  /**
   * Removes and returns `length` bytes, which must be in the queue. Copies them only when they are
   * in several chunks.
   */
  read(length: number): Uint8Array {
    this.#awaitedLength = 0
    this.#length -= length
    if (this.#awaited !== undefined) {
      const awaited = this.#awaited
      this.#awaited = undefined
      return awaited
    }
    const first = this.#chunks[0]
    if (first === undefined) return new Uint8Array(0)
    const end = this.#offset + length
    if (end > first.length) {
      const bytes = Buffer.allocUnsafeSlow(length)
      this.#move(bytes, length)
      return bytes
    }
    const bytes = length === first.length ? first : first.subarray(this.#offset, end)
    this.#offset = end
    if (end === first.length) this.#drop(1)
    return bytes
  }

  /** Takes one byte, which is there. Without a view, it costs a fraction of `read(1)`. */
  readByte(): number {
    const first = this.#chunks[0] as Uint8Array
    const byte = first[this.#offset++] as number
    this.#length--
    if (this.#offset === first.length) this.#drop(1)
    return byte
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

  /** Begins to assemble the next read, when enough of it has arrived, and not all. */
  #gatherAwaited(): void {
    const length = this.#awaitedLength
    if (length < awaitedBytesMin || this.#length >= length) return
    if (this.#length < length * awaitedShareMin) return
    this.#awaitedEnd = this.#length
    const awaited = Buffer.allocUnsafeSlow(length)
    this.#move(awaited, this.#length)
    this.#awaited = awaited
    this.#awaitedLength = 0
  }

  /** Returns the rest of the chunk, after the next read. */
  #addAwaited(awaited: Uint8Array, chunk: Uint8Array): Uint8Array {
    const taken = Math.min(awaited.length - this.#awaitedEnd, chunk.length)
    awaited.set(taken === chunk.length ? chunk : chunk.subarray(0, taken), this.#awaitedEnd)
    this.#awaitedEnd += taken
    return chunk.subarray(taken)
  }

  /** Moves `length` bytes from the chunks to the start of a buffer. */
  #move(bytes: Uint8Array, length: number): void {
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
  }

  #drop(count: number, offset = 0): void {
    this.#chunks.splice(0, count)
    this.#settled = Math.max(0, this.#settled - count)
    this.#offset = offset
    if (this.#chunks.length === 0) this.#endsShared = false
  }
}
