/** The bounds of calls. */
export interface RpcLimits {
  /** Bytes of any message of a request, as it is sent and decompressed, whatever its type allows. */
  readonly messageBytesMax: number
  /**
   * Bytes of a message whose type sets no bound: because it has a string without `max_len`, for one. For other types it is
   * derived from their rules (`message-limits.ts`).
   */
  readonly unboundedMessageBytesMax: number
  /** Fields and items of a message whose type sets no bound: because it repeats a field without `max_items`, for one. */
  readonly unboundedMessageElementsMax: number
  /** How long a unary call may take, its request included, when its client sets no earlier deadline. */
  readonly unaryTimeoutMs: number
  /** How long a request's body may go without a byte; a conversation (bidi) may pause while its client stays. */
  readonly bodyIdleTimeoutMs: number
  /**
   * How long a stream that tells states may be quiet until the last one is sent again. Undefined for ever. Proxies close
   * what is quiet: HAProxy as Debian configures it after 50 s, nginx and many load balancers after 60 s.
   */
  readonly heartbeatMs: number | undefined
  /**
   * Bytes a second that a request's body brings on average, while somebody waits for it: a body that dribbles holds its
   * call, and what was read of it. Not for conversations (bidi).
   */
  readonly bodyBytesPerSecondMin: number
  /** How long a body may be behind that rate, in milliseconds. */
  readonly bodySlackMs: number
  /**
   * How long a call may be open whose request or response is a stream; up to 10 % less, so that clients do not come back
   * together. It ends with `UNAVAILABLE`, and clients open it again.
   */
  readonly streamAgeMaxMs: number
  /** Bytes of a message that are not charged to the memory budget when all of it comes at once. */
  readonly freeMessageBytesMax: number
  /** How long a message may wait for memory before it is refused with `RESOURCE_EXHAUSTED`. */
  readonly memoryWaitMs: number
  /** Streams that one client has open at once (`clientOf`), so that others have some. */
  readonly streamsPerClientMax: number
}

/** The bounds unless told otherwise. */
export const rpcLimits: RpcLimits = {
  messageBytesMax: 4 * 1024 * 1024,
  unboundedMessageBytesMax: 64 * 1024,
  unboundedMessageElementsMax: 5_000,
  unaryTimeoutMs: 30_000,
  bodyIdleTimeoutMs: 60_000,
  heartbeatMs: 25_000,
  bodyBytesPerSecondMin: 16,
  bodySlackMs: 60_000,
  streamAgeMaxMs: 3_600_000,
  freeMessageBytesMax: 16 * 1024,
  memoryWaitMs: 5_000,
  streamsPerClientMax: 20_000,
}

/** The bounds of decompression, which costs memory and time before a message's size is known. */
export interface DecompressionLimits {
  /** Messages that are decompressed at once in the process. */
  readonly concurrentMax: number
  /** Messages that wait for that, and their bytes together; the next one is `RESOURCE_EXHAUSTED`. */
  readonly waitingMax: number
  readonly waitingBytesMax: number
}

/**
 * Against many small messages with large windows at once. Of the four threads that runtimes have for such tasks, one stays
 * free for files and host names.
 */
export const decompressionLimits: DecompressionLimits = {
  concurrentMax: 3,
  waitingMax: 1_000,
  waitingBytesMax: 16 * 1024 * 1024,
}

/**
 * The largest windows of compressed messages, in bytes: a decoder allocates its window before anything is known of the
 * content. gzip's is 32 KiB always. Zstandard's is what RFC 9659 allows for HTTP, Brotli's what its encoders use by
 * default.
 */
export const windowBytesMax = { br: 4 * 1024 * 1024, zstd: 8 * 1024 * 1024 }
