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
 * Where connections get space for what they send. What a socket has taken is given out again, and is still in the
 * processor's cache; what it has not sent yet stays as it is. A connection that rests holds nothing.
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
    if (
      buffer.length - used >= restBytesMin &&
      buffer.length <= chunkBytes &&
      this.#free.length < freeChunksMax
    ) {
      this.#free.push({ buffer, used })
    }
  }
}

/** What is gathered in one buffer. */
interface Segment {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** The position of `buffer[0]`, counted over all that was ever gathered. */
  readonly base: number
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
    const segment = this.#filled.findLast(({ base, start }) => base + start <= position)
    if (segment !== undefined) setEndStream(segment.buffer, position - segment.base)
    return segment !== undefined
  }

  /** Gives all that is gathered to the socket; false when that should get no more until its 'drain'. */
  flush(socket: Socket): boolean {
    let goesOn = true
    // Not corked: Bun would copy them into one.
    for (const { buffer, start, end } of this.#filled) socket.write(buffer.subarray(start, end))
    if (this.offset > this.#start) {
      goesOn = socket.write(this.buffer.subarray(this.#start, this.offset))
    }
    this.#release(socket.writableLength === 0)
    return goesOn
  }

  /** Forgets all that is gathered. */
  clear(): void {
    this.#release(true)
  }

  /** Gives back what is gathered in; what is done with may be written over. */
  #release(isDone: boolean): void {
    for (const { buffer, start, end } of this.#filled) this.#pool.give(buffer, isDone ? start : end)
    this.#filled = []
    this.#filledBytes = 0
    this.#pool.give(this.buffer, isDone ? this.#start : this.offset)
    this.#use(nothing, 0)
  }

  #renew(bytes: number): void {
    const { buffer, offset } = this
    if (offset > this.#start) {
      this.#filled.push({ buffer, start: this.#start, end: offset, base: this.#base })
      this.#filledBytes += offset - this.#start
    } else this.#pool.give(buffer, offset)
    const chunk = this.#pool.take(bytes)
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
