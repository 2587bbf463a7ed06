import type { Socket } from 'node:net'
import { frameFlag } from './wire.ts'

/** A buffer. Its first `used` bytes are in use. */
interface Chunk {
  readonly buffer: Buffer
  readonly used: number
}

const chunkBytes = 64 * 1024
/** Smallest free part of a buffer that is worth keeping, in bytes. */
const restBytesMin = 4 * 1024
const freeChunksMax = 16

/**
 * Buffers that connections fill with frames. Space that the socket has sent is used again while it
 * is still in the processor's cache. Bytes that are not sent yet stay as they are. An idle
 * connection holds no buffer.
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

/** The gathered bytes of one buffer. */
interface Segment {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** Position of `buffer[0]`, counted over everything that was ever gathered. */
  readonly base: number
}

const nothing = Buffer.alloc(0)

/**
 * Gathers the bytes that a connection sends until they are flushed. Frames are written directly
 * into `buffer` at `offset`.
 */
export class Outbox {
  buffer: Buffer = nothing
  offset = 0
  readonly #pool: ChunkPool
  #start = 0
  /** Buffers before `buffer` that are full and not flushed yet. */
  #filled: Segment[] | undefined
  #filledBytes = 0
  /** Position of `buffer[0]`. */
  #base = 0

  constructor(pool: ChunkPool) {
    this.#pool = pool
  }

  /** Number of gathered bytes. */
  get bytes(): number {
    return this.#filledBytes + this.offset - this.#start
  }

  /** Position of the next byte, counted over everything that was ever gathered. */
  get position(): number {
    return this.#base + this.offset
  }

  /** Makes room for `bytes` in `buffer` at `offset`. */
  reserve(bytes: number): void {
    if (this.buffer.length - this.offset < bytes) this.#renew(bytes)
  }

  /**
   * Sets END_STREAM on the frame that begins at the position. Returns `false` when it is flushed
   * already.
   */
  endStreamAt(position: number): boolean {
    if (position >= this.#base + this.#start) {
      setEndStream(this.buffer, position - this.#base)
      return true
    }
    const segment = this.#filled?.findLast(({ base, start }) => base + start <= position)
    if (segment !== undefined) setEndStream(segment.buffer, position - segment.base)
    return segment !== undefined
  }

  /**
   * Passes everything that is gathered to the socket. Returns `false` when the socket is full until
   * its 'drain'.
   */
  flush(socket: Socket): boolean {
    let goesOn = true
    // Not corked: Bun would copy them into one.
    for (const { buffer, start, end } of this.#filled ?? [])
      socket.write(buffer.subarray(start, end))
    if (this.offset > this.#start) {
      goesOn = socket.write(this.buffer.subarray(this.#start, this.offset))
    }
    this.#release(socket.writableLength === 0)
    return goesOn
  }

  /** Drops everything that is gathered. */
  clear(): void {
    this.#release(true)
  }

  /**
   * Returns the buffers to the pool.
   * @param isDone Whether their bytes may be overwritten.
   */
  #release(isDone: boolean): void {
    if (this.#filled !== undefined) this.#releaseFilled(this.#filled, isDone)
    this.#pool.give(this.buffer, isDone ? this.#start : this.offset)
    this.#use(nothing, 0)
  }

  #releaseFilled(filled: Segment[], isDone: boolean): void {
    for (const { buffer, start, end } of filled) this.#pool.give(buffer, isDone ? start : end)
    this.#filled = undefined
    this.#filledBytes = 0
  }

  #renew(bytes: number): void {
    const { buffer, offset } = this
    if (offset > this.#start) {
      this.#filled ??= []
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
