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

/** How calls are made; whatever is left out is as most services are. */
export interface GrpcOptions {
  /** Protobuf's binary format, which is the default, or its JSON format. */
  readonly format?: 'binary' | 'json'
  /** The longest message received, in bytes, compressed or not: 16 MiB unless told. */
  readonly readMaxBytes?: number
  /** The longest message sent, in bytes: 16 MiB unless told. */
  readonly writeMaxBytes?: number
  /** What the answers may be compressed with, best first: nothing unless told. */
  readonly acceptCompression?: readonly Compression[]
  /** What requests are compressed with: nothing unless told. */
  readonly sendCompression?: Compression
  /** Shorter messages are sent as they are, in bytes: 1,024 unless told. */
  readonly compressMinBytes?: number
  readonly interceptors?: readonly Interceptor[]
  readonly binaryOptions?: Partial<BinaryReadOptions & BinaryWriteOptions>
  readonly jsonOptions?: Partial<JsonReadOptions & JsonWriteOptions>
}

/** The options, complete. */
export interface GrpcSettings extends Required<Omit<GrpcOptions, 'sendCompression'>> {
  readonly sendCompression: Compression | undefined
}

const messageBytesMax = 16 * 1024 * 1024

export function settingsOf(options: GrpcOptions): GrpcSettings {
  return {
    format: 'binary',
    readMaxBytes: messageBytesMax,
    writeMaxBytes: messageBytesMax,
    acceptCompression: [],
    sendCompression: undefined,
    compressMinBytes: 1_024,
    interceptors: [],
    binaryOptions: {},
    jsonOptions: {},
    ...options,
  }
}
