import type { Allowance } from '../../token-bucket.ts'
import { type Http2Limits, http2Limits } from '../limits.ts'

/** Maximum number of streams on a connection. The peer may allow fewer. */
export const streamsMax = 256
/** Silence after which a connection with open streams is pinged, in milliseconds. */
export const pingIntervalMs = 10_000
/**
 * Maximum time for the response to a PING, in milliseconds. After that the connection counts as
 * lost.
 */
export const pingTimeoutMs = 5_000

/**
 * Streams that a connection may cancel before their responses have begun. It is less than our
 * servers allow (`Http2Limits.resets`), so that they never close the connection, with all its other
 * streams, for too many.
 */
export const cancelsAllowed: Allowance = { burst: 1_500, perSecond: 150 }
/** A connection opens no stream while fewer cancels than this are left. */
export const cancelsLeftMin = streamsMax

/**
 * Limits of a client. It waits for a server that does not read: a PING detects servers that are
 * gone. A slow reader holds no other stream back, because the window of the connection is the sum
 * of all stream windows. Headers longer than `headerListBytesMax` end their stream alone: the block
 * is decoded to its end to keep the table in sync, up to a length that no server sends by mistake.
 */
export const clientLimits: Http2Limits = {
  ...http2Limits,
  connectionWindowBytes: streamsMax * http2Limits.streamWindowBytes,
  headerBlockBytesMax: 1024 * 1024,
  continuationsMax: 64,
  stalledTimeoutMs: Number.POSITIVE_INFINITY,
  ageMaxMs: Number.POSITIVE_INFINITY,
  idleTimeoutMs: 300_000,
}
