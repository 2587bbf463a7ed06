import type { Socket } from 'node:net'
import { frameFlag } from './wire.ts'

/** A buffer of which the first `used` bytes are given away. */
interface Chunk {
  readonly buffer: Buffer
  readonly used: number
}

const chunkBytes = 64 * 1024
/** A rest that is smaller is not worth keeping. */
const restBytesMin = 4 * 1024
const freeChunksMax = 16

/**
 * Where connections get space for what they send. Every byte is given out once: what a socket has not sent yet stays
 * as it is, and a connection that rests holds nothing.
 */
export class ChunkPool {
  readonly #free: Chunk[] = []

  take(bytesMin: number): Chunk {
    const chunk = this.#free.at(-1)
    if (chunk !== undefined && chunk.buffer.length - chunk.used >= bytesMin) {
      this.#free.pop()
      return chunk
    }
    return { buffer: Buffer.allocUnsafeSlow(Math.max(chunkBytes, bytesMin)), used: 0 }
  }

  give(buffer: Buffer, used: number): void {
    if (buffer.length - used >= restBytesMin && this.#free.length < freeChunksMax) {
      this.#free.push({ buffer, used })
    }
  }
}

interface Segment {
  readonly bytes: Buffer
  /** Where its first byte is, counted over all that was ever gathered. */
  readonly position: number
}

const nothing = Buffer.alloc(0)

/** Gathers what a connection sends until it is flushed. Frames are written straight into `buffer` at `offset`. */
export class Outbox {
  buffer: Buffer = nothing
  offset = 0
  readonly #pool: ChunkPool
  #start = 0
  /** Filled before `buffer`, and not flushed yet. */
  #filled: Segment[] = []
  #filledBytes = 0
  /** The position of `buffer[0]`. */
  #base = 0

  constructor(pool: ChunkPool) {
    this.#pool = pool
  }

  /** How much is gathered. */
  get bytes(): number {
    return this.#filledBytes + this.offset - this.#start
  }

  /** Where the next byte goes, counted over all that was ever gathered. */
  get position(): number {
    return this.#base + this.offset
  }

  /** Makes room for so many bytes in `buffer` at `offset`. */
  reserve(bytes: number): void {
    if (this.buffer.length - this.offset < bytes) this.#renew(bytes)
  }

  /** Sets END_STREAM on the frame that begins at the position; false when it is flushed already. */
  endStreamAt(position: number): boolean {
    if (position >= this.#base + this.#start) {
      setEndStream(this.buffer, position - this.#base)
      return true
    }
    const segment = this.#filled.findLast((one) => one.position <= position)
    if (segment !== undefined) setEndStream(segment.bytes, position - segment.position)
    return segment !== undefined
  }

  /** Gives all that is gathered to the socket; false when that should get no more until its 'drain'. */
  flush(socket: Socket): boolean {
    let goesOn = true
    if (this.#filled.length > 0) {
      // Not corked: Bun would copy them into one.
      for (const { bytes } of this.#filled) socket.write(bytes)
      goesOn = socket.write(this.#current())
      this.#filled = []
      this.#filledBytes = 0
    } else if (this.offset > this.#start) goesOn = socket.write(this.#current())
    this.#pool.give(this.buffer, this.offset)
    this.#use(nothing, 0)
    return goesOn
  }

  /** Forgets all that is gathered. */
  clear(): void {
    this.#filled = []
    this.#filledBytes = 0
    this.#pool.give(this.buffer, this.offset)
    this.#use(nothing, 0)
  }

  #current(): Buffer {
    return this.buffer.subarray(this.#start, this.offset)
  }

  #renew(bytes: number): void {
    const { buffer, offset } = this
    if (offset > this.#start) {
      const segment = this.#current()
      this.#filled.push({ bytes: segment, position: this.#base + this.#start })
      this.#filledBytes += segment.length
    }
    const chunk = this.#pool.take(bytes)
    this.#pool.give(buffer, offset)
    this.#use(chunk.buffer, chunk.used)
  }

  #use(buffer: Buffer, offset: number): void {
    this.#base = this.position - offset
    this.buffer = buffer
    this.offset = offset
    this.#start = offset
  }
}

function setEndStream(bytes: Buffer, offset: number): void {
  bytes[offset + 4] = (bytes[offset + 4] ?? 0) | frameFlag.endStream
}
