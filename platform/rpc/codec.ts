import {
  type DescMessage,
  fromBinary,
  fromJsonString,
  type JsonReadOptions,
  type JsonWriteOptions,
  type Message,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'

/** Messages of one type as bytes. */
export interface Codec {
  /** Throws `INVALID_ARGUMENT` for what is no such message. */
  parse(bytes: Uint8Array): Message
  serialize(message: Message): Uint8Array
}

/** The forms of a message, as content types name them. */
export type Format = 'proto' | 'json'

export type JsonOptions = Partial<JsonReadOptions & JsonWriteOptions>

export function createCodec(desc: DescMessage, format: Format, jsonOptions: JsonOptions): Codec {
  return format === 'proto' ? binaryCodec(desc) : jsonCodec(desc, jsonOptions)
}

function binaryCodec(desc: DescMessage): Codec {
  return {
    parse(bytes) {
      try {
        return fromBinary(desc, bytes)
      } catch (error) {
        const reason = (error as Error).message
        const text = `the message is not a ${desc.typeName} in binary form: ${reason}`
        throw new ConnectError(text, Code.InvalidArgument)
      }
    },
    serialize: (message) => toBinary(desc, message),
  }
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Fields that are not known are ignored, as in binary form: a client may be newer than the service. */
function jsonCodec(desc: DescMessage, jsonOptions: JsonOptions): Codec {
  const options = { ignoreUnknownFields: true, ...jsonOptions }
  return {
    parse(bytes) {
      try {
        return fromJsonString(desc, decoder.decode(bytes), options)
      } catch (error) {
        throw new ConnectError((error as Error).message, Code.InvalidArgument)
      }
    },
    serialize: (message) => encoder.encode(toJsonString(desc, message, options)),
  }
}
