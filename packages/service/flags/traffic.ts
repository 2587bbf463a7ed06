import { type RpcLimits, rpcLimits } from '@marquee/connect-hono/limits'
import type { Http1Limits } from '@marquee/http/http1/limits'
import { type Http2Limits, http2Limits } from '@marquee/http/http2/limits'
import { type AddressList, createAddressList } from '@marquee/http/server/address-list'
import type { Flags } from './flags.ts'

/** The bounds that depend on what is between a service and its clients. */
export interface TrafficOptions {
  readonly rpcLimits: Pick<
    RpcLimits,
    'messageBytesMax' | 'unaryTimeoutMs' | 'heartbeatMs' | 'streamAgeMaxMs' | 'streamsPerClientMax'
  >
  readonly http1: Partial<Http1Limits>
  readonly http2: Partial<Http2Limits>
  /** Proxies whose connections carry many users. */
  readonly trustedProxies: AddressList
}

const dayMs = 86_400_000

/**
 * Reads how long what is quiet is kept open and by what, and what clients may have open and do that costs them nothing.
 * @param streamsPerClientMax the default of its flag.
 */
export function readTrafficOptions(
  flags: Flags,
  streamsPerClientMax = rpcLimits.streamsPerClientMax,
): TrafficOptions {
  const idleTimeoutMs = flags.integer({
    flag: 'idle-timeout-ms',
    help: 'how long a connection without a call is kept: longer than a proxy in front keeps it',
    default: http2Limits.idleTimeoutMs,
    min: 1_000,
    max: dayMs,
  })
  const heartbeatMs = flags.integer({
    flag: 'heartbeat-ms',
    help: 'how long a watch may be quiet until its last message is sent again; 0 for ever',
    default: rpcLimits.heartbeatMs ?? 0,
    min: 0,
    max: dayMs,
  })
  const streamAgeMaxMs = flags.integer({
    flag: 'stream-age-ms',
    help: 'how long a stream may be open; it ends with UNAVAILABLE, and clients open it again',
    default: rpcLimits.streamAgeMaxMs,
    min: 1_000,
    max: 24 * dayMs,
  })
  const ageMaxMs = flags.integer({
    flag: 'connection-age-ms',
    help: 'how long a connection is used; then its calls end, and clients connect again',
    default: http2Limits.ageMaxMs,
    min: 1_000,
    max: 24 * dayMs,
  })
  return {
    rpcLimits: {
      messageBytesMax: flags.integer({
        flag: 'message-bytes-max',
        help: 'bytes of a message of a request, decompressed; its rules may allow less',
        default: rpcLimits.messageBytesMax,
        min: 1_024,
        max: 1_073_741_824,
      }),
      unaryTimeoutMs: flags.integer({
        flag: 'unary-timeout-ms',
        help: 'how long a unary call may take whose client sets no earlier deadline',
        default: rpcLimits.unaryTimeoutMs,
        min: 1,
        max: dayMs,
      }),
      heartbeatMs: heartbeatMs === 0 ? undefined : heartbeatMs,
      streamAgeMaxMs,
      streamsPerClientMax: flags.integer({
        flag: 'streams-per-client-max',
        help: 'streams that a client has open at once, by its address',
        default: streamsPerClientMax,
        min: 1,
        max: 1_000_000,
      }),
    },
    http1: { idleTimeoutMs, ageMaxMs },
    http2: {
      idleTimeoutMs,
      ageMaxMs,
      ...readAllowances(flags),
    },
    trustedProxies: readTrustedProxies(flags),
  }
}

/** Reads what an HTTP/2 connection may do at once, and in the long run. */
function readAllowances(flags: Flags) {
  const bounds = { min: 1, max: 1_000_000_000 }
  return {
    resets: {
      burst: flags.integer({
        flag: 'http2-resets-burst',
        help: 'streams reset before their response has begun on an HTTP/2 connection, at once',
        default: http2Limits.resets.burst,
        ...bounds,
      }),
      perSecond: flags.integer({
        flag: 'http2-resets-per-second',
        help: 'streams reset before their response has begun, in the long run',
        default: http2Limits.resets.perSecond,
        ...bounds,
      }),
    },
    idleFrames: {
      burst: flags.integer({
        flag: 'http2-idle-frames-burst',
        help: 'frames that carry nothing on an HTTP/2 connection, at once',
        default: http2Limits.idleFrames.burst,
        ...bounds,
      }),
      perSecond: flags.integer({
        flag: 'http2-idle-frames-per-second',
        help: 'frames that carry nothing on an HTTP/2 connection, in the long run',
        default: http2Limits.idleFrames.perSecond,
        ...bounds,
      }),
    },
  }
}

function readTrustedProxies(flags: Flags): AddressList {
  const flag = 'trusted-proxies'
  const help = 'addresses or networks of proxies that carry many users; several by commas'
  const text = flags.text({ flag, help, default: '' })
  const entries = text === '' ? [] : text.split(',').map((entry) => entry.trim())
  try {
    return createAddressList(entries)
  } catch (error) {
    flags.refuse(`--${flag}: ${(error as Error).message}`)
    return createAddressList([])
  }
}
