/** Limits of an HTTP/1.1 connection, and what each one protects from. */
export interface Http1Limits {
  /** Maximum size of a request line. A longer one gets a 414. Default: 8 KiB. */
  readonly requestLineBytesMax: number
  /** Maximum size of all headers, and of all trailers. Longer ones get a 431. Default: 32 KiB. */
  readonly headerBytesMax: number
  /** Maximum number of headers, and of trailers. More get a 431. Default: 200. */
  readonly headerCountMax: number
  /** Maximum size of a chunk's line, with its extensions (RFC 9112 §7.1.1). Default: 256. */
  readonly chunkLineBytesMax: number
  /**
   * Maximum overhead of the chunks of a body: bytes of their lines beyond 16 per chunk and twice
   * its data. Protects from a body of nothing but extensions (CVE-2023-39326). Default: 16 KiB.
   */
  readonly chunkOverheadBytesMax: number
  /**
   * Bytes waiting for the handler, or for the response before them (pipelining), from which on no
   * more are read. Limits the memory of a request. Default: 64 KiB.
   */
  readonly waitingBytesMax: number
  /**
   * Maximum number of pipelined requests handled in one event-loop turn, so that other connections
   * are served too. Default: 8.
   */
  readonly pipelinedRequestsPerTickMax: number
  /**
   * Maximum number of bytes of an unread body that are read and dropped to keep the connection.
   * Default: 64 KiB.
   */
  readonly discardedBytesMax: number
  /**
   * Maximum number of bytes that are dropped on a closing connection, so that the client sees the
   * response and no reset (RFC 9112 §9.6). Default: 256 KiB.
   */
  readonly lingeringBytesMax: number
  /**
   * Bytes of a response waiting for the socket from which on `write` returns `false`. Default: 64
   * KiB.
   */
  readonly responseQueueBytes: number
  /**
   * Maximum time from accepting a connection, or from the first byte of a request, to the end of
   * its headers, in milliseconds (slow headers). Default: 10,000.
   */
  readonly headTimeoutMs: number
  /**
   * Maximum time that a handler waits for the next byte of a body, in milliseconds (slow bodies).
   * It is for handlers without a limit of their own. Default: 3,600,000.
   */
  readonly bodyTimeoutMs: number
  /**
   * Maximum time that a response waits for a client that reads none of it, in milliseconds (slow
   * readers). Default: 60,000.
   */
  readonly stalledTimeoutMs: number
  /** Maximum time that a connection is kept idle, in milliseconds. Default: 120,000. */
  readonly idleTimeoutMs: number
  /**
   * Age of a connection from which on the current response is its last, in milliseconds, so that
   * load spreads over all instances. Varies by 10 %. Default: 3,600,000.
   */
  readonly ageMaxMs: number
  /**
   * Maximum number of requests of a connection, for the same reason. Varies by 10 %. Default:
   * 1,000,000.
   */
  readonly requestCountMax: number
  /**
   * Maximum time that the client of a half-closed connection gets no byte of the response, in
   * milliseconds. After that it counts as gone: TCP does not distinguish a client that still reads,
   * such as `nc -N`, from one that has left. Default: 2,000.
   */
  readonly halfClosedTimeoutMs: number
  /**
   * Maximum time for a client to send a body that is dropped, and to close a connection that the
   * server has ended, in milliseconds. Default: 2,000.
   */
  readonly closeTimeoutMs: number
  /**
   * Maximum time that a draining connection is kept without a request, in milliseconds: one may be
   * on its way. Default: 250.
   */
  readonly drainIdleTimeoutMs: number
  /** Precision of all these times, in milliseconds. Default: 100. */
  readonly sweepIntervalMs: number
}

/** Default limits. */
export const http1Limits: Http1Limits = {
  requestLineBytesMax: 8 * 1024,
  headerBytesMax: 32 * 1024,
  headerCountMax: 200,
  chunkLineBytesMax: 256,
  chunkOverheadBytesMax: 16 * 1024,
  waitingBytesMax: 64 * 1024,
  pipelinedRequestsPerTickMax: 8,
  discardedBytesMax: 64 * 1024,
  lingeringBytesMax: 256 * 1024,
  responseQueueBytes: 64 * 1024,
  headTimeoutMs: 10_000,
  bodyTimeoutMs: 3_600_000,
  stalledTimeoutMs: 60_000,
  idleTimeoutMs: 120_000,
  ageMaxMs: 3_600_000,
  requestCountMax: 1_000_000,
  halfClosedTimeoutMs: 2_000,
  closeTimeoutMs: 2_000,
  drainIdleTimeoutMs: 250,
  sweepIntervalMs: 100,
}
