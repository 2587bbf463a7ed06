import type {
  BinaryReadOptions,
  BinaryWriteOptions,
  JsonReadOptions,
  JsonWriteOptions,
} from '@bufbuild/protobuf'
import type { Interceptor } from '@connectrpc/connect'
import type { HeaderList } from '@marquee/http/exchange'
import type { StreamOwner } from '@marquee/http/http2/client/port'
import type { Compression } from './compression.ts'

/** Opens streams to one origin, on any of its connections. */
export interface Streams {
  /** Scheme, host and port: `https://movies.example:8443`. */
  readonly origin: string
  /**
   * Opens a stream and passes it to its owner: at once if a connection has room, otherwise when one
   * has.
   * @param headers pseudo-headers first.
   */
  open(headers: HeaderList, owner: StreamOwner): void
  /** Removes an owner that waits for its stream. */
  abandon(owner: StreamOwner): void
}

/** Options of the calls to a server. */
export interface GrpcOptions {
  /** Format of the messages: Protobuf's binary form or JSON. Default: `binary`. */
  readonly format?: 'binary' | 'json'
  /** Maximum size of a received message, in bytes, compressed or not. Default: 16 MiB. */
  readonly readMaxBytes?: number
  /** Maximum size of a sent message, in bytes. Default: 16 MiB. */
  readonly writeMaxBytes?: number
  /** Compressions to accept in responses, in order of preference. Default: none. */
  readonly acceptCompression?: readonly Compression[]
  /** Compression of requests. Default: none. */
  readonly sendCompression?: Compression
  /** Minimum size of a message to compress, in bytes. Default: 1,024. */
  readonly compressMinBytes?: number
  /** Interceptors of each call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[]
  readonly binaryOptions?: Partial<BinaryReadOptions & BinaryWriteOptions>
  readonly jsonOptions?: Partial<JsonReadOptions & JsonWriteOptions>
}

/** Options with their defaults applied. */
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
