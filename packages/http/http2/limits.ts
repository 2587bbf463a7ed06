import type { Allowance } from '../token-bucket.ts'

/** Limits of an HTTP/2 connection, each with what it protects from. */
export interface Http2Limits {
  /**
   * SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 §5.1.2). Handlers that go on after a reset count as
   * well (CVE-2023-44487).
   */
  readonly concurrentStreamsMax: number
  /** Bytes that a stream may send before the handler has read any of them (RFC 9113 §6.9.2). */
  readonly streamWindowBytes: number
  /**
   * The same of all streams of a connection together, at least 65,535. It is the memory that bodies
   * can take.
   */
  readonly connectionWindowBytes: number
  /**
   * Maximum size of a decoded header list, with 32 bytes for each header (RFC 9113 §6.5.2); more
   * gets a 431.
   */
  readonly headerListBytesMax: number
  /** Maximum number of headers, and of trailers; more gets a 431. */
  readonly headerCountMax: number
  /** Bytes of an encoded field block, over all its frames (CVE-2024-27316). */
  readonly headerBlockBytesMax: number
  /** CONTINUATION frames of a field block (CVE-2024-27316). */
  readonly continuationsMax: number
  /**
   * SETTINGS_HEADER_TABLE_SIZE: the memory of the decoder's table (RFC 7541 §4.2; HPACK bombs,
   * CVE-2016-6581).
   */
  readonly headerTableBytes: number
  /**
   * Streams that are reset before their answer has begun, by the client (rapid reset,
   * CVE-2023-44487), or at any time by us for an error of the client's (MadeYouReset,
   * CVE-2025-8671). To reset a stream whose answer has begun is how one leaves a watch, and costs
   * no less than any other call.
   */
  readonly resets: Allowance
  /**
   * Part of `resets` that a complete response earns: on a connection of many users, some cancel.
   */
  readonly responseEarnsResets: number
  /**
   * Frames that carry nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown ones, empty DATA
   * and CONTINUATION, and all for streams that are closed (CVE-2019-9512, 9514, 9515, 9517, 9518).
   * Requests and DATA, either way, earn some.
   */
  readonly idleFrames: Allowance
  /**
   * Part of `idleFrames` that a SETTINGS frame spends: each changes windows and is acknowledged
   * (CVE-2019-9515).
   */
  readonly settingsCost: number
  /**
   * Part of `idleFrames` that a request or a DATA frame, sent or received, earns: a client updates
   * two windows for it.
   */
  readonly dataEarnsIdleFrames: number
  /**
   * Gathered output from which on no DATA is added until the socket has taken it, so that streams
   * take turns.
   */
  readonly gatheredBytesMax: number
  /**
   * Gathered output from which on a client that does not read is not read from either
   * (CVE-2019-9512, 9515).
   */
  readonly unsentBytesMax: number
  /**
   * Bytes of a response that wait for a window or the socket, from which on `write` returns false.
   */
  readonly responseQueueBytes: number
  /** From the start of a connection to the client's SETTINGS, behind its preface (slow preface). */
  readonly prefaceTimeoutMs: number
  /** Until our SETTINGS are acknowledged (RFC 9113 §6.5.3). */
  readonly settingsTimeoutMs: number
  /** From the first byte of a field block to its last (slow headers). */
  readonly headersTimeoutMs: number
  /**
   * How long a handler waits for a body of which no byte comes (slow bodies); then the answer is
   * 408. It is for those that have no bound of their own; one that has begun to answer waits as
   * long as it wants, because a stream may be quiet.
   */
  readonly bodyTimeoutMs: number
  /**
   * Maximum time that a response waits for a client that reads none of it (slow readers, zero
   * windows; CVE-2019-9511, 9517).
   */
  readonly stalledTimeoutMs: number
  /** Maximum time that a connection is kept without a stream. */
  readonly idleTimeoutMs: number
  /** From when on a connection is drained, so that a fleet's load spreads; 10 % more or less. */
  readonly ageMaxMs: number
  /** Maximum time for a draining client to acknowledge the PING (RFC 9113 §6.8). */
  readonly drainPingTimeoutMs: number
  /**
   * How long a client that sends what nobody will read has to take the whole answer, before it is
   * told to stop (RFC 9113 §8.1). Some, as curl 7.88, lose an answer that comes together with the
   * reset.
   */
  readonly refusalDelayMs: number
  /** Maximum time that a handler counts as a stream when it goes on after a reset. */
  readonly lingerTimeoutMs: number
  /** Maximum time for a client to close a connection that the server has ended. */
  readonly closeTimeoutMs: number
  /**
   * Bytes that are read meanwhile, and dropped, so that it sees why. Then it is not read from any
   * more.
   */
  readonly lingeringBytesMax: number
  /** Precision of all these times. */
  readonly sweepIntervalMs: number
}

/** Default limits. */
export const http2Limits: Http2Limits = {
  concurrentStreamsMax: 256,
  streamWindowBytes: 256 * 1024,
  connectionWindowBytes: 1024 * 1024,
  headerListBytesMax: 32 * 1024,
  headerCountMax: 200,
  headerBlockBytesMax: 64 * 1024,
  continuationsMax: 16,
  headerTableBytes: 4096,
  resets: { burst: 2_000, perSecond: 200 },
  responseEarnsResets: 0.25,
  idleFrames: { burst: 10_000, perSecond: 1_000 },
  settingsCost: 20,
  dataEarnsIdleFrames: 4,
  gatheredBytesMax: 128 * 1024,
  unsentBytesMax: 512 * 1024,
  responseQueueBytes: 64 * 1024,
  prefaceTimeoutMs: 10_000,
  settingsTimeoutMs: 20_000,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 3_600_000,
  stalledTimeoutMs: 60_000,
  idleTimeoutMs: 120_000,
  ageMaxMs: 3_600_000,
  drainPingTimeoutMs: 500,
  refusalDelayMs: 100,
  lingerTimeoutMs: 30_000,
  closeTimeoutMs: 2_000,
  lingeringBytesMax: 1024 * 1024,
  sweepIntervalMs: 250,
}
