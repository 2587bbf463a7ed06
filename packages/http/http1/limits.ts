/** Limits of an HTTP/1.1 connection, each with what it protects from. */
export interface Http1Limits {
  /** Maximum size of a request line; more gets a 414. */
  readonly requestLineBytesMax: number
  /** Maximum size of all headers, and of all trailers; more gets a 431. */
  readonly headerBytesMax: number
  /** Maximum number of headers, and of trailers; more gets a 431. */
  readonly headerCountMax: number
  /** Bytes of the line before a chunk, extensions and all (RFC 9112 §7.1.1). */
  readonly chunkLineBytesMax: number
  /**
   * Bytes of those lines, over a whole body, that are more than 16 for each chunk and twice its
   * data: a body of nothing but extensions (CVE-2023-39326).
   */
  readonly chunkOverheadBytesMax: number
  /**
   * Bytes that have come and wait for the handler, or for their turn behind an answer (pipelining),
   * from which on no more are read: the memory that a request can take.
   */
  readonly waitingBytesMax: number
  /** Pipelined requests handled in one tick, so that other connections are served as well. */
  readonly pipelinedRequestsPerTickMax: number
  /** Bytes of an unread body that are read and dropped, so that the connection can be kept. */
  readonly discardedBytesMax: number
  /**
   * The same on a connection that is being closed, so that the client sees the answer and no reset
   * (RFC 9112 §9.6).
   */
  readonly lingeringBytesMax: number
  /** Bytes of a response that wait for the socket, from which on `write` returns false. */
  readonly responseQueueBytes: number
  /**
   * From accepting a connection, or from the first byte of a request, to the end of its header
   * (slow headers).
   */
  readonly headTimeoutMs: number
  /**
   * Maximum time that a handler waits for the next byte of a body (slow bodies), for handlers
   * without a limit of their own.
   */
  readonly bodyTimeoutMs: number
  /** Maximum time that a response waits for a client that reads none of it (slow readers). */
  readonly stalledTimeoutMs: number
  /** Maximum time that a connection is kept without a request. */
  readonly idleTimeoutMs: number
  /**
   * From when on the current response is a connection's last, so that a fleet's load spreads; 10 %
   * more or less.
   */
  readonly ageMaxMs: number
  /** Maximum number of requests of a connection, for the same reason; 10 % more or less. */
  readonly requestCountMax: number
  /**
   * How long a client that has ended its side gets no byte of the answer before it is taken to have
   * left: TCP does not tell one that is still reading, as `nc -N`, from one that is gone.
   */
  readonly halfClosedTimeoutMs: number
  /**
   * Maximum time for a client to send a body that is dropped, and to close a connection that the
   * server has ended.
   */
  readonly closeTimeoutMs: number
  /**
   * Maximum time that a draining connection is kept without a request, because one may be on its
   * way.
   */
  readonly drainIdleTimeoutMs: number
  /** Precision of all these times. */
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
