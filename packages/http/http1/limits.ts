/** Every bound of an HTTP/1.1 connection: what it is, and what it is against. */
export interface Http1Limits {
  /** Bytes of a request line; more is answered with 414. */
  readonly requestLineBytesMax: number
  /** Bytes of all header fields, and of all trailer fields; more is answered with 431. */
  readonly headerBytesMax: number
  /** Fields of a header or trailer section; more is answered with 431. */
  readonly headerCountMax: number
  /** Bytes of the line before a chunk, extensions and all (RFC 9112 §7.1.1). */
  readonly chunkLineBytesMax: number
  /**
   * Bytes of those lines, over a whole body, that are more than 16 for each chunk and twice its data: a body of nothing
   * but extensions (CVE-2023-39326).
   */
  readonly chunkOverheadBytesMax: number
  /**
   * Bytes that have come and wait for the handler, or for their turn behind an answer (pipelining), from which on no
   * more are read: the memory that a request can take.
   */
  readonly waitingBytesMax: number
  /** Pipelined requests answered in one turn of the event loop, so that other connections have theirs. */
  readonly pipelinedRequestsPerTickMax: number
  /** Bytes of a body that nobody took, which are read and dropped so that the connection can be kept. */
  readonly discardedBytesMax: number
  /** The same on a connection that is being closed, so that the client sees the answer and no reset (RFC 9112 §9.6). */
  readonly lingeringBytesMax: number
  /** Bytes of an answer that wait for the socket, from which on `write` asks to wait. */
  readonly responseQueueBytes: number
  /** From accepting a connection, or from the first byte of a request, to the end of its header (slow headers). */
  readonly headTimeoutMs: number
  /** How long a handler waits for a body of which no byte comes (slow bodies); a bound for those that have none of their own. */
  readonly bodyTimeoutMs: number
  /** How long an answer waits for a client that takes none of it (slow readers). */
  readonly stalledTimeoutMs: number
  /** How long a connection without a request is kept. */
  readonly idleTimeoutMs: number
  /** From when on the current response is a connection's last, so that a fleet's load spreads; 10 % more or less. */
  readonly ageMaxMs: number
  /** How many requests a connection may send, for the same reason; 10 % more or less. */
  readonly requestCountMax: number
  /**
   * How long a client that has ended its side gets no byte of the answer before it is taken to have left: TCP does not
   * tell one that is still reading, as `nc -N`, from one that is gone.
   */
  readonly halfClosedTimeoutMs: number
  /** How long a client has to send what is dropped, and to close a connection that we have ended. */
  readonly closeTimeoutMs: number
  /** How long a connection without a request is kept when draining, because one may be on its way. */
  readonly drainIdleTimeoutMs: number
  /** How exact all these times are. */
  readonly sweepIntervalMs: number
}

/** The bounds unless told otherwise. */
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
