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

/** How the messages of one method are written and read. */
export interface Codec {
  /** A message with its prefix, from a message or what becomes one. */
  encode(message: object): Uint8Array | Promise<Uint8Array>
  /** @param encoding the answer's `grpc-encoding`. */
  decode(message: WireMessage, encoding: string | undefined): Message | Promise<Message>
}

/** Codecs by method, each made once. */
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
      if (sendCompression === undefined || bytes.length < compressMinBytes) return frame(0, bytes)
      const packed = sendCompression.compress(bytes)
      return packed instanceof Uint8Array ? frame(1, packed) : packed.then((all) => frame(1, all))
    },
    decode({ isCompressed, bytes }, encoding) {
      if (!isCompressed) return output.parse(bytes)
      const compression = acceptCompression.find(({ name }) => name === encoding)
      if (!compression) {
        throw new ConnectError(
          'protocol error: a message is compressed unexpectedly',
          Code.Internal,
        )
      }
      return unpack(compression, bytes, readMaxBytes).then((all) => output.parse(all))
    },
  }
}

async function unpack(
  { name, decompress }: Compression,
  bytes: Uint8Array,
  bytesMax: number,
): Promise<Uint8Array> {
  try {
    return await decompress(bytes, bytesMax)
  } catch (cause) {
    const error = ConnectError.from(cause)
    if (error.code === Code.ResourceExhausted) throw error
    const message = `protocol error: a message is not packed by ${name}`
    throw new ConnectError(message, Code.Internal, undefined, undefined, cause)
  }
}

function frame(flag: number, bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  const framed = new Uint8Array(5 + length)
  framed[0] = flag
  framed[1] = length >>> 24
  framed[2] = length >>> 16
  framed[3] = length >>> 8
  framed[4] = length
  framed.set(bytes, 5)
  return framed
}
