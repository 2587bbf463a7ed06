import type { Message } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../errors/rpc-reasons.ts'
import { ByteWriter } from '../protobuf/byte-writer.ts'
import type { Codec } from '../protobuf/codec.ts'
import { tooLong } from '../protobuf/message-check.ts'
import { PieceWriter } from '../protobuf/piece-writer.ts'
import type { BodyReader } from '../request/body-reader.ts'
import { ByteQueue } from '../request/byte-queue.ts'

/**
 * Size of the head of an envelope: one byte of flags, four of length. The same in gRPC
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), gRPC-Web and the streams of
 * Connect.
 */
const headBytes = 5
export const compressedFlag = 0b00000001

/** Maximum size of a message that is copied into its envelope, in bytes. */
const copiedBytesMax = 16 * 1024

/** Returns an envelope with the message, in pieces. */
export function toEnvelope(flags: number, message: Uint8Array): Uint8Array[] {
  if (message.length <= copiedBytesMax) return [encodeEnvelope(flags, message)]
  const head = new Uint8Array(headBytes)
  writeHead(head, 0, flags, message.length)
  return [head, message]
}

/** Joins pieces that are small. Returns `null` when there are none. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array | readonly Uint8Array[] | null {
  if (pieces.length <= 1) return pieces[0] ?? null
  return pieces.every(({ length }) => length <= copiedBytesMax) ? Buffer.concat(pieces) : pieces
}

/** Puts a message into an envelope. */
export function encodeEnvelope(flags: number, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headBytes + message.length)
  writeHead(bytes, 0, flags, message.length)
  bytes.set(message, headBytes)
  return bytes
}

function writeHead(bytes: Uint8Array, offset: number, flags: number, length: number): void {
  bytes[offset] = flags
  bytes[offset + 1] = length >>> 24
  bytes[offset + 2] = length >>> 16
  bytes[offset + 3] = length >>> 8
  bytes[offset + 4] = length
}

/** Encodes a message into an envelope, in pieces. */
export function writeEnvelope(codec: Codec, message: Message): Uint8Array[] {
  if (!codec.hasBytes) {
    const bytes = codec.serialize(message, headBytes)
    writeHead(bytes, 0, 0, bytes.length - headBytes)
    return [bytes]
  }
  const writer = new PieceWriter()
  writer.reserve(headBytes)
  writer.length = headBytes
  codec.write(writer, message)
  const pieces = writer.takePieces()
  let length = -headBytes
  for (const piece of pieces) length += piece.length
  writeHead(pieces[0] as Uint8Array, 0, 0, length)
  return pieces
}

/** An encoded message. */
export interface EncodedMessage {
  readonly bytes: Uint8Array
  readonly isCompressed: boolean
}

/** Batch of envelopes that are sent together. */
export class EnvelopeBatch {
  readonly #writer = new ByteWriter()
  /** The only envelope, while it is one that was encoded before. */
  #only: Uint8Array | undefined

  /** Size of the envelopes together, in bytes. */
  get length(): number {
    return this.#only?.length ?? this.#writer.length
  }

  /** Encodes a message into its envelope. Throws when it cannot be encoded. */
  write(codec: Codec, message: Message): void {
    const writer = this.#writable()
    const start = writer.length
    writer.reserve(headBytes)
    writer.length += headBytes
    try {
      codec.write(writer, message)
    } catch (error) {
      writer.length = start
      throw error
    }
    writeHead(writer.bytes, start, 0, writer.length - start - headBytes)
  }

  /** Adds an envelope that is encoded already. Its bytes may be shared, and must not change. */
  addEncoded(envelope: Uint8Array): void {
    if (this.length === 0) this.#only = envelope
    else this.#writable().raw(envelope)
  }

  /** Returns all envelopes and empties the batch. Bytes of a single one may be shared. */
  take(): Uint8Array {
    const only = this.#only
    this.#only = undefined
    return only ?? this.#writer.take()
  }

  #writable(): ByteWriter {
    if (this.#only !== undefined) this.#writer.raw(this.take())
    return this.#writer
  }
}

/**
 * Result of `EnvelopeReader.poll`: an envelope, none until more bytes arrive, or the end of the
 * body.
 */
export type Polled = 'envelope' | 'wait' | 'end'

/**
 * Finds the envelopes of a body, however it is split. Copies bytes only when they are in several
 * chunks.
 */
export class EnvelopeReader {
  /** Flags of the current envelope. */
  flags = 0
  message: Uint8Array = new Uint8Array(0)
  readonly #reader: BodyReader
  readonly #bytesMax: number
  readonly #queue = new ByteQueue()
  /** Length of the current message, or -1 before its head was read. */
  #length = -1
  /** Bytes charged for the current message, until the head of the next one. */
  #heldBytes = 0
  /**
   * True while the memory of the current message is not granted. Reading stops until then, which is
   * backpressure for the client.
   */
  #isOwed = false

  constructor(reader: BodyReader, bytesMax: number) {
    this.#reader = reader
    this.#bytesMax = bytesMax
  }

  /** Throws `RESOURCE_EXHAUSTED` when `content-length` exceeds the size of one envelope. */
  requireSingle(): void {
    this.#reader.requireLength(this.#bytesMax, headBytes)
  }

  /**
   * Reads the next envelope without waiting. Throws `RESOURCE_EXHAUSTED` at the head of one that is
   * too long.
   */
  poll(): Polled {
    const queue = this.#queue
    for (;;) {
      if (this.#length < 0 && queue.length >= headBytes) this.#readHead()
      if (this.#isOwed) return 'wait'
      if (this.#length >= 0 && queue.length >= this.#length) {
        this.message = queue.read(this.#length)
        this.#length = -1
        return 'envelope'
      }
      const chunk = this.#reader.take()
      if (chunk === undefined) break
      queue.push(chunk)
    }
    if (!this.#reader.ended) return 'wait'
    if (queue.length === 0 && this.#length < 0) return 'end'
    const error = new ConnectError(
      'the request ends within a message: send all of it',
      Code.InvalidArgument,
    )
    throw withReason(error, 'MESSAGE_MALFORMED')
  }

  /** Resolves when `poll` may return another result. */
  async ready(): Promise<void> {
    this.#queue.settle()
    const { memory } = this.#reader
    // A short one is charged too when it is incomplete.
    if (this.#length > 0 && this.#heldBytes === 0) {
      this.#isOwed = true
      await memory.hold(this.#length)
      this.#heldBytes = this.#length
    }
    if (this.#isOwed) this.#isOwed = false
    else await this.#reader.ready()
  }

  #readHead(): void {
    const queue = this.#queue
    this.flags = queue.readByte()
    this.#length = 0
    for (let at = 1; at < headBytes; at++) this.#length = this.#length * 256 + queue.readByte()
    if (this.#length > this.#bytesMax) throw tooLong(this.#length, this.#bytesMax)
    queue.expect(this.#length)
    const { memory, limits } = this.#reader
    if (this.#heldBytes > 0) {
      memory.release(this.#heldBytes)
      this.#heldBytes = 0
    }
    if (this.#length <= limits.freeMessageBytesMax) return
    if (memory.tryHold(this.#length)) this.#heldBytes = this.#length
    else this.#isOwed = true
  }
}
