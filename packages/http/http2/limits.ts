import type { Allowance } from '../token-bucket.ts'

/** Limits of an HTTP/2 connection, and what each one protects from. */
export interface Http2Limits {
  /**
   * SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 §5.1.2). Handlers that continue after a reset count
   * too (CVE-2023-44487). Default: 256.
   */
  readonly concurrentStreamsMax: number
  /**
   * Bytes that a stream may send before the handler has read any of them (RFC 9113 §6.9.2).
   * Default: 256 KiB.
   */
  readonly streamWindowBytes: number
  /**
   * Bytes that all streams of a connection together may send before handlers have read any of them,
   * at least 65,535. Limits the memory of bodies. While a reader waits and other bodies hold all of
   * it, the peer may send more, within the windows of its streams and its part of the memory.
   * Default: 1 MiB.
   */
  readonly connectionWindowBytes: number
  /**
   * Maximum size of a decoded header list, with 32 bytes for each header (RFC 9113 §6.5.2). A
   * longer one gets a 431. Default: 32 KiB.
   */
  readonly headerListBytesMax: number
  /** Maximum number of headers, and of trailers. More get a 431. Default: 200. */
  readonly headerCountMax: number
  /** Maximum size of an encoded header block, in all frames (CVE-2024-27316). Default: 64 KiB. */
  readonly headerBlockBytesMax: number
  /** Maximum number of CONTINUATION frames in a header block (CVE-2024-27316). Default: 16. */
  readonly continuationsMax: number
  /**
   * SETTINGS_HEADER_TABLE_SIZE: memory of the decoder's table (RFC 7541 §4.2; HPACK bombs,
   * CVE-2016-6581). Default: 4,096.
   */
  readonly headerTableBytes: number
  /**
   * Streams that may be reset: by the client before their response has begun (rapid reset,
   * CVE-2023-44487), or at any time by the server for an error of the client (MadeYouReset,
   * CVE-2025-8671). A reset after the response has begun does not count: it is how a client ends a
   * watch, and costs no less than any other call. Default: a burst of 2,000, and 200 a second.
   */
  readonly resets: Allowance
  /**
   * Part of `resets` that a complete response earns: on a connection of many users, some cancel.
   * Default: 0.25.
   */
  readonly responseEarnsResets: number
  /**
   * Frames that carry nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown ones, empty DATA
   * and CONTINUATION, and all for closed streams (CVE-2019-9512, 9514, 9515, 9517, 9518). Requests
   * and DATA, in either direction, earn some. Default: a burst of 10,000, and 1,000 a second.
   */
  readonly idleFrames: Allowance
  /**
   * Part of `idleFrames` that a SETTINGS frame spends: each changes windows and is acknowledged
   * (CVE-2019-9515). Default: 20.
   */
  readonly settingsCost: number
  /**
   * Part of `idleFrames` that a request or a DATA frame, sent or received, earns: a client updates
   * two windows for it. Default: 4.
   */
  readonly dataEarnsIdleFrames: number
  /**
   * Gathered output from which on no DATA is added until the socket has taken it, in bytes, so that
   * streams share the connection. Default: 128 KiB.
   */
  readonly gatheredBytesMax: number
  /**
   * Gathered output from which on the server does not read from a client that does not read, in
   * bytes (CVE-2019-9512, 9515). Default: 512 KiB.
   */
  readonly unsentBytesMax: number
  /**
   * Bytes of a response waiting for a window or the socket from which on `write` returns `false`.
   * Default: 64 KiB.
   */
  readonly responseQueueBytes: number
  /**
   * Maximum time from the start of a connection to the client's SETTINGS, in milliseconds (slow
   * preface). Default: 10,000.
   */
  readonly prefaceTimeoutMs: number
  /**
   * Maximum time until our SETTINGS are acknowledged, in milliseconds (RFC 9113 §6.5.3). Default:
   * 20,000.
   */
  readonly settingsTimeoutMs: number
  /**
   * Maximum time from the first byte of a header block to its last, in milliseconds (slow headers).
   * Default: 10,000.
   */
  readonly headersTimeoutMs: number
  /**
   * Maximum time that a handler waits for the next byte of a body, in milliseconds (slow bodies).
   * After that the response is 408. It is for handlers without a limit of their own. A handler that
   * has begun to respond waits without a limit, because a stream may be quiet. Default: 3,600,000.
   */
  readonly bodyTimeoutMs: number
  /**
   * Maximum time that a response waits for a client that reads none of it, in milliseconds (slow
   * readers, zero windows; CVE-2019-9511, 9517). Default: 60,000.
   */
  readonly stalledTimeoutMs: number
  /** Maximum time that a connection is kept without a stream, in milliseconds. Default: 120,000. */
  readonly idleTimeoutMs: number
  /**
   * Age of a connection from which on it is drained, in milliseconds, so that load spreads over all
   * instances. Varies by 10 %. Default: 3,600,000.
   */
  readonly ageMaxMs: number
  /**
   * Maximum time for a draining client to acknowledge the PING, in milliseconds (RFC 9113 §6.8).
   * Default: 500.
   */
  readonly drainPingTimeoutMs: number
  /**
   * Time that a client may still send a request that is not needed, after the whole response,
   * before it is asked to stop, in milliseconds (RFC 9113 §8.1). Some, such as curl 7.88, lose a
   * response that arrives together with the reset. Default: 100.
   */
  readonly refusalDelayMs: number
  /** Maximum time that a handler counts as a stream after a reset, in ms. Default: 30,000. */
  readonly lingerTimeoutMs: number
  /**
   * Maximum time for a client to close a connection that the server has ended, in milliseconds.
   * Default: 2,000.
   */
  readonly closeTimeoutMs: number
  /**
   * Bytes that are read and dropped while a connection closes, so that the client sees the reason.
   * After that it is not read any more. Default: 1 MiB.
   */
  readonly lingeringBytesMax: number
  /** Precision of all these times, in milliseconds. Default: 250. */
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
