import type { Message } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { copyError } from '@marquee/connect-hono/errors/copy-error'
import { withReason as withRpcReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { quoted } from '@marquee/connect-hono/errors/text'
import type { Codec } from '@marquee/connect-hono/protobuf/codec'
import type { BodyReader } from '@marquee/connect-hono/request/body-reader'
import { ByteQueue } from '@marquee/connect-hono/request/byte-queue'
import { type MessageSource, MessageStream } from '@marquee/connect-hono/request/message-stream'
import type { RpcCall } from '@marquee/connect-hono/rpc-call'
import { parseMediaType } from '@marquee/http/media-type'
import { withReason } from '../reasons.ts'
import { mediaTypes } from '../response/media-types.ts'
import { withStatus } from '../with-status.ts'

const lineFeed = 0x0a
/** Step in which memory is reserved for a line, in bytes. */
const grantBytes = 64 * 1024

/**
 * Finds the lines of a body, however it is split. Blank lines are skipped. The error of a line that
 * is malformed or too long has its number.
 */
class Lines implements MessageSource {
  readonly #reader: BodyReader
  readonly #codec: Codec
  readonly #bytesMax: number
  /** Start of a line whose end has not arrived. */
  readonly #start = new ByteQueue()
  /** Rest of the chunk, after the current line. */
  #chunk: Uint8Array = new Uint8Array(0)
  #line: Uint8Array = new Uint8Array(0)
  /** Number of lines that have ended. Blank ones count. */
  #ended = 0
  #heldBytes = 0

  constructor(reader: BodyReader, codec: Codec, bytesMax: number) {
    this.#reader = reader
    this.#codec = codec
    this.#bytesMax = bytesMax
  }

  poll() {
    for (;;) {
      while (this.#nextLine()) if (!isBlank(this.#line)) return 'envelope'
      const chunk = this.#reader.take()
      if (chunk === undefined) break
      this.#chunk = chunk
    }
    if (!this.#reader.ended) return 'wait'
    this.#line = this.#start.read(this.#start.length)
    this.#ended += 1
    return isBlank(this.#line) ? 'end' : 'envelope'
  }

  async ready(): Promise<void> {
    this.#start.settle()
    const { memory, limits } = this.#reader
    const missing = this.#start.length - this.#heldBytes
    if (missing > 0 && this.#start.length > limits.freeMessageBytesMax) {
      const bytes = Math.max(missing, grantBytes)
      await memory.hold(bytes)
      this.#heldBytes += bytes
    }
    await this.#reader.ready()
  }

  take(): Message {
    try {
      return this.#codec.parse(this.#line)
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error
      throw copyError(error, { rawMessage: `line ${this.#ended}: ${error.rawMessage}` })
    }
  }

  /** Reads a whole line from the chunk, or keeps the chunk for the next one. */
  #nextLine(): boolean {
    const end = this.#chunk.indexOf(lineFeed)
    const part = end < 0 ? this.#chunk : this.#chunk.subarray(0, end)
    if (this.#start.length + part.length > this.#bytesMax) {
      throw tooLong(this.#ended + 1, this.#bytesMax)
    }
    if (part.length > 0) this.#start.push(part)
    this.#chunk = this.#chunk.subarray(part.length + (end < 0 ? 0 : 1))
    if (end < 0) return false
    this.#ended += 1
    this.#line = this.#start.read(this.#start.length)
    this.#reader.memory.release(this.#heldBytes)
    this.#heldBytes = 0
    return true
  }
}

/**
 * Returns the messages of a stream of requests: one line of JSON each. Another content type than
 * JSON or its lines is HTTP 415, as is a content encoding.
 */
export function readLines(rpcCall: RpcCall): AsyncIterable<Message> {
  const { incoming, lifetime, rpc } = rpcCall
  const type = incoming.header('content-type')
  const encoding = incoming.header('content-encoding') ?? 'identity'
  if (type !== undefined && !types.has(parseMediaType(type)?.type ?? '')) {
    const text = `content type ${quoted(type)} is not lines of JSON: send ${mediaTypes.lines}`
    throw withReason(unsupported(text), 'CONTENT_TYPE_UNSUPPORTED')
  }
  if (encoding.toLowerCase() !== 'identity') {
    const text = `content encoding ${quoted(encoding)} is not supported: send plain lines`
    const names = { compression: encoding, supported: 'identity' }
    throw withRpcReason(unsupported(text), 'COMPRESSION_UNSUPPORTED', names)
  }
  const lines = new Lines(rpcCall.reader(), rpc.inputs.json, rpc.inputLimits.json.bytesMax)
  return new MessageStream(lines, lifetime)
}

const types = new Set<string>([mediaTypes.lines, mediaTypes.otherLines, mediaTypes.json])

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

function tooLong(number: number, bytesMax: number): ConnectError {
  const text = `line ${number} is longer than ${bytesMax} bytes: send a smaller message`
  const error = new ConnectError(text, Code.ResourceExhausted)
  return withRpcReason(error, 'MESSAGE_TOO_LARGE', { bytesMax })
}

function unsupported(text: string): ConnectError {
  return withStatus(new ConnectError(text, Code.InvalidArgument), 415)
}
