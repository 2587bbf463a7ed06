import {
  type DescMessage,
  fromBinary,
  fromJsonString,
  type JsonReadOptions,
  type JsonWriteOptions,
  type Message,
  ScalarType,
  toJsonString,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../errors/rpc-reasons.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Encode, encoderOf } from './encoder.ts'
import { exactIntegersOf } from './exact-integers.ts'
import { jsonTextCheckOf } from './json-values.ts'
import { decodeUtf8 } from './utf8.ts'

/** Encodes and decodes messages of one type. */
export interface Codec {
  /** True when the type has bytes fields, which are not copied when they are long. */
  readonly hasBytes: boolean
  /** True when `serialize` and `write` also take an initializer. */
  readonly takesInitializers: boolean
  /** Throws `INVALID_ARGUMENT` when the bytes are not a message of this type. */
  parse(bytes: Uint8Array): Message
  /** @param headBytes number of bytes before the message that are left to the caller. Default: 0. */
  serialize(message: Message, headBytes?: number): Uint8Array
  /** Writes the bytes of the message that `serialize` returns. */
  write(writer: ByteWriter, message: Message): void
}

/** Format of a message, as content types name it. */
export type Format = 'proto' | 'json'

/** Throws `RESOURCE_EXHAUSTED` when a message is too large to be parsed. */
export type CheckMessage = (bytes: Uint8Array) => void

export type JsonOptions = Partial<JsonReadOptions & JsonWriteOptions>

/** @param check Called before a message is parsed. Default: no check. */
export function createCodec(
  desc: DescMessage,
  format: Format,
  jsonOptions: JsonOptions,
  check: CheckMessage = () => {},
): Codec {
  return format === 'proto' ? binaryCodec(desc, check) : jsonCodec(desc, jsonOptions, check)
}

function binaryCodec(desc: DescMessage, check: CheckMessage): Codec {
  const write = encoderOf(desc)
  return {
    hasBytes: desc.fields.some(({ scalar }) => scalar === ScalarType.BYTES),
    takesInitializers: true,
    parse(bytes) {
      check(bytes)
      try {
        return fromBinary(desc, bytes)
      } catch (error) {
        const reason = (error as Error).message
        const text = `the message is not a ${desc.typeName} in binary form: ${reason}`
        throw withReason(new ConnectError(text, Code.InvalidArgument), 'MESSAGE_MALFORMED')
      }
    },
    serialize: (message, headBytes) => serializeBy(write, message, headBytes),
    write,
  }
}

/** Maximum size of a message that is copied, in bytes. A longer one keeps the writer's buffer. */
const copiedBytesMax = 16 * 1024

/** Writer to reuse; `undefined` while it is in use. */
let spare: ByteWriter | undefined = new ByteWriter()

function serializeBy(write: Encode, message: Message, headBytes = 0): Uint8Array {
  const writer = spare ?? new ByteWriter()
  spare = undefined
  try {
    writer.reserve(headBytes)
    writer.length = headBytes
    write(writer, message)
    if (writer.length > copiedBytesMax) return writer.take()
    const bytes = new Uint8Array(writer.length)
    bytes.set(writer.bytes.subarray(0, writer.length))
    return bytes
  } finally {
    writer.length = 0
    spare = writer
  }
}

const encoder = new TextEncoder()

/**
 * Creates a codec for JSON. Unknown fields are ignored, as in binary form: a client may be newer
 * than the service.
 */
function jsonCodec(desc: DescMessage, jsonOptions: JsonOptions, check: CheckMessage): Codec {
  const options = { ignoreUnknownFields: true, ...jsonOptions }
  const exact = exactIntegersOf(desc)
  const checkValues = jsonTextCheckOf(desc)
  const serialize = (message: Message, headBytes = 0) =>
    encoder.encode(' '.repeat(headBytes) + toJsonString(desc, message, options))
  return {
    hasBytes: false,
    takesInitializers: false,
    parse(bytes) {
      check(bytes)
      const text = decodeUtf8(bytes, 'the message')
      checkValues(text)
      try {
        return fromJsonString(desc, exact(text), options)
      } catch (error) {
        const refusal = new ConnectError((error as Error).message, Code.InvalidArgument)
        throw withReason(refusal, 'MESSAGE_MALFORMED')
      }
    },
    serialize,
    write: (writer, message) => writer.raw(serialize(message)),
  }
}
