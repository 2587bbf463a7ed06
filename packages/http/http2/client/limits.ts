import type { Allowance } from '../../token-bucket.ts'
import { type Http2Limits, http2Limits } from '../limits.ts'

/** Maximum number of streams on a connection. The peer may want fewer. */
export const streamsMax = 256
/** Silence after which a connection with open streams is pinged, in milliseconds. */
export const pingIntervalMs = 10_000
/** Time after which a connection is lost whose PING got no response, in milliseconds. */
export const pingTimeoutMs = 5_000

/**
 * Streams that a connection may cancel before their responses have begun. It is less than our servers allow
 * (`Http2Limits.resets`), so that they never end the connection, with all its other streams, for too many.
 */
export const cancelsAllowed: Allowance = { burst: 1_500, perSecond: 150 }
/** A connection opens no stream while fewer cancels than this are left. */
export const cancelsLeftMin = streamsMax

/**
 * The limits of a client. It waits for a server that does not read: a PING finds those that are gone. A slow reader holds
 * no other stream back, because the connection's window is that of all streams together. Headers longer than
 * `headerListBytesMax` end their stream alone: the block is decoded to its end for the table's sake, up to a length that
 * no server sends by mistake.
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
