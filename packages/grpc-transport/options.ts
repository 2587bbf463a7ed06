import type {
  BinaryReadOptions,
  BinaryWriteOptions,
  JsonReadOptions,
  JsonWriteOptions,
} from '@bufbuild/protobuf'
import type { Interceptor } from '@connectrpc/connect'
import type { Fields } from '@marquee/http/exchange'
import type { StreamOwner } from '@marquee/http/http2/client/port'
import type { Compression } from './compression.ts'

/** Opens streams to one origin, on one connection or another. */
export interface Streams {
  /** Scheme, host and port: `https://movies.example:8443`. */
  readonly origin: string
  /**
   * Opens a stream and tells its owner: at once when there is room, else when there is.
   * @param head pseudo-headers first.
   */
  open(head: Fields, owner: StreamOwner): void
  /** The owner waits no more; nothing is opened for it. */
  abandon(owner: StreamOwner): void
}

/** Options of the calls to a server. */
export interface GrpcOptions {
  /** Protobuf's binary or JSON format. Default: binary. */
  readonly format?: 'binary' | 'json'
  /** Maximum size of a received message, in bytes, compressed or not. Default: 16 MiB. */
  readonly readMaxBytes?: number
  /** Maximum size of a sent message, in bytes. Default: 16 MiB. */
  readonly writeMaxBytes?: number
  /** Compressions that responses may have, best first. Default: none. */
  readonly acceptCompression?: readonly Compression[]
  /** Compression of requests. Default: none. */
  readonly sendCompression?: Compression
  /** Size from which a message is compressed, in bytes. Default: 1,024. */
  readonly compressMinBytes?: number
  /** Run around each call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[]
  readonly binaryOptions?: Partial<BinaryReadOptions & BinaryWriteOptions>
  readonly jsonOptions?: Partial<JsonReadOptions & JsonWriteOptions>
}

/** The options, all of them set. */
export interface ResolvedGrpcOptions extends Required<Omit<GrpcOptions, 'sendCompression'>> {
  readonly sendCompression: Compression | undefined
}

export function resolveOptions(options: GrpcOptions): ResolvedGrpcOptions {
  return {
    format: 'binary',
    readMaxBytes: 16 * 1024 * 1024,
    writeMaxBytes: 16 * 1024 * 1024,
    acceptCompression: [],
    sendCompression: undefined,
    compressMinBytes: 1_024,
    interceptors: [],
    binaryOptions: {},
    jsonOptions: {},
    ...options,
  }
}
