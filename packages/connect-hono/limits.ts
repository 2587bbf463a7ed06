/** Bounds of calls. */
export interface RpcLimits {
  /**
   * Maximum size of any request message, in bytes, compressed and decompressed, whatever its rules
   * allow.
   */
  readonly messageBytesMax: number
  /**
   * Maximum size of a request message whose rules set no bound, in bytes: for example one with a
   * string without `max_len`. The bound of other types is derived from their rules
   * (`message-limits.ts`).
   */
  readonly unboundedMessageBytesMax: number
  /**
   * Maximum number of fields and items in a request message whose rules set no bound: for example
   * one that repeats a field without `max_items`.
   */
  readonly unboundedMessageElementsMax: number
  /**
   * Maximum duration of a unary call including its request, in milliseconds. A client may set an
   * earlier deadline.
   */
  readonly unaryTimeoutMs: number
  /** Maximum pause of a request body, in milliseconds. Bidirectional streams have no maximum. */
  readonly bodyIdleTimeoutMs: number
  /**
   * Quiet time after which a stream of states sends the last one again, in milliseconds;
   * `undefined` means never. Proxies close quiet connections: HAProxy as Debian configures it after
   * 50 s, nginx and many load balancers after 60 s.
   */
  readonly heartbeatMs: number | undefined
  /**
   * Minimum average rate of a request body while the call waits for it, in bytes per second. A slow
   * body occupies its call and memory. Does not apply to bidirectional streams.
   */
  readonly bodyBytesPerSecondMin: number
  /** Maximum time that a body may lag behind that rate, in milliseconds. */
  readonly bodySlackMs: number
  /**
   * Maximum age of a stream, in milliseconds. Each stream ends up to 10 % earlier, so that clients
   * do not all reconnect together. It ends with `UNAVAILABLE`, and clients reopen it.
   */
  readonly streamAgeMaxMs: number
  /**
   * Maximum size of a message that is not charged to the memory budget when it arrives at once, in
   * bytes.
   */
  readonly freeMessageBytesMax: number
  /**
   * Maximum time that a message waits for memory, in milliseconds. Then it is refused with
   * `RESOURCE_EXHAUSTED`.
   */
  readonly memoryWaitMs: number
  /** Maximum number of streams that one client (`clientOf`) has open at once. */
  readonly streamsPerClientMax: number
}

/** Default bounds of calls. */
export const rpcLimits: RpcLimits = {
  messageBytesMax: 4 * 1024 * 1024,
  unboundedMessageBytesMax: 64 * 1024,
  unboundedMessageElementsMax: 5_000,
  unaryTimeoutMs: 30_000,
  bodyIdleTimeoutMs: 60_000,
  heartbeatMs: 15_000,
  bodyBytesPerSecondMin: 16,
  bodySlackMs: 60_000,
  streamAgeMaxMs: 3_600_000,
  freeMessageBytesMax: 16 * 1024,
  memoryWaitMs: 5_000,
  streamsPerClientMax: 20_000,
}

/** Bounds of decompression, which costs memory and time before the size of a message is known. */
export interface DecompressionLimits {
  /** Maximum number of messages that the process decompresses at once. */
  readonly concurrentMax: number
  /**
   * Maximum number of messages that wait for it. Further ones are refused with
   * `RESOURCE_EXHAUSTED`.
   */
  readonly waitingMax: number
  /** Maximum size of the waiting messages together, in bytes. */
  readonly waitingBytesMax: number
}

/**
 * Default bounds of decompression, against many small messages with large windows. Runtimes have
 * four threads for such tasks; one stays free for files and host names.
 */
export const decompressionLimits: DecompressionLimits = {
  concurrentMax: 3,
  waitingMax: 1_000,
  waitingBytesMax: 16 * 1024 * 1024,
}

/**
 * Maximum windows of compressed messages, in bytes. A decoder allocates its window before it knows
 * the content. gzip always has 32 KiB. Zstandard has what RFC 9659 allows for HTTP, Brotli what its
 * encoders use by default.
 */
export const windowBytesMax = { br: 4 * 1024 * 1024, zstd: 8 * 1024 * 1024 }
