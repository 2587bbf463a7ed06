import {
  create,
  type DescMessage,
  type DescMethod,
  type Message,
  type MessageInitShape,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { createMethodSerializationLookup } from '@connectrpc/connect/protocol'
import type { Compression } from './compression.ts'
import type { WireMessage } from './message-reader.ts'
import type { ResolvedGrpcOptions } from './options.ts'

/** Encodes the requests and decodes the responses of one method. */
export interface Codec {
  /**
   * Returns the length-prefixed message.
   * @param message a message, or the fields to create one from.
   */
  encode(message: object): Uint8Array | Promise<Uint8Array>
  /** @param encoding the `grpc-encoding` of the response; `undefined` for none. */
  decode(message: WireMessage, encoding: string | undefined): Message | Promise<Message>
}

/** Returns a lookup of codecs by method. It creates each codec once. */
export function createCodecs(options: ResolvedGrpcOptions): (method: DescMethod) => Codec {
  const codecs = new WeakMap<DescMethod, Codec>()
  return (method) => {
    let codec = codecs.get(method)
    if (codec === undefined) {
      codec = createCodec(method, options)
      codecs.set(method, codec)
    }
    return codec
  }
}

function createCodec(method: DescMethod, options: ResolvedGrpcOptions): Codec {
  const { format, readMaxBytes, sendCompression, compressMinBytes, acceptCompression } = options
  const isBinary = format === 'binary'
  const lookup = createMethodSerializationLookup<DescMessage, DescMessage>(
    method,
    options.binaryOptions,
    options.jsonOptions,
    options,
  )
  const input = lookup.getI(isBinary)
  const output = lookup.getO(isBinary)
  return {
    encode(message) {
      const bytes = input.serialize(create(method.input, message as MessageInitShape<DescMessage>))
      if (sendCompression === undefined || bytes.length < compressMinBytes)
        return lengthPrefixed(0, bytes)
      const compressed = sendCompression.compress(bytes)
      return compressed instanceof Uint8Array
        ? lengthPrefixed(1, compressed)
        : compressed.then((all) => lengthPrefixed(1, all))
    },
    decode({ isCompressed, bytes }, encoding) {
      if (!isCompressed) return output.parse(bytes)
      const compression = acceptCompression.find(({ name }) => name === encoding)
      if (!compression) {
        throw new ConnectError(
          'protocol error: a message is compressed, and the response names no compression',
          Code.Internal,
        )
      }
      return decompressMessage(compression, bytes, readMaxBytes).then((all) => output.parse(all))
    },
  }
}

async function decompressMessage(
  { name, decompress }: Compression,
  bytes: Uint8Array,
  bytesMax: number,
): Promise<Uint8Array> {
  try {
    return await decompress(bytes, bytesMax)
  } catch (cause) {
    const error = ConnectError.from(cause)
    if (error.code === Code.ResourceExhausted) throw error
    const message = `protocol error: a message is not compressed by ${name}`
    throw new ConnectError(message, Code.Internal, undefined, undefined, cause)
  }
}

function lengthPrefixed(flag: number, bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  const prefixed = new Uint8Array(5 + length)
  prefixed[0] = flag
  prefixed[1] = length >>> 24
  prefixed[2] = length >>> 16
  prefixed[3] = length >>> 8
  prefixed[4] = length
  prefixed.set(bytes, 5)
  return prefixed
}
