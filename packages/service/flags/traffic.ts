import { type RpcLimits, rpcLimits } from '@marquee/connect-hono/limits'
import type { Http1Limits } from '@marquee/http/http1/limits'
import { type Http2Limits, http2Limits } from '@marquee/http/http2/limits'
import { type AddressList, createAddressList } from '@marquee/http/server/address-list'
import type { Settings } from './flags.ts'

/** The bounds that depend on what is between a service and its clients. */
export interface TrafficSettings {
  readonly rpcLimits: Pick<RpcLimits, 'heartbeatMs' | 'streamAgeMaxMs' | 'streamsPerClientMax'>
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
export function readTrafficSettings(
  settings: Settings,
  streamsPerClientMax = rpcLimits.streamsPerClientMax,
): TrafficSettings {
  const idleTimeoutMs = settings.integer({
    flag: 'idle-timeout-ms',
    help: 'how long a connection without a call is kept: longer than a proxy in front keeps it',
    default: http2Limits.idleTimeoutMs,
    min: 1_000,
    max: dayMs,
  })
  const heartbeatMs = settings.integer({
    flag: 'heartbeat-ms',
    help: 'how long a watch may be quiet until its last message is sent again; 0 for ever',
    default: rpcLimits.heartbeatMs ?? 0,
    min: 0,
    max: dayMs,
  })
  const streamAgeMaxMs = settings.integer({
    flag: 'stream-age-ms',
    help: 'how long a stream may be open; it ends with UNAVAILABLE, and clients open it again',
    default: rpcLimits.streamAgeMaxMs,
    min: 1_000,
    max: 24 * dayMs,
  })
  return {
    rpcLimits: {
      heartbeatMs: heartbeatMs === 0 ? undefined : heartbeatMs,
      streamAgeMaxMs,
      streamsPerClientMax: settings.integer({
        flag: 'streams-per-client-max',
        help: 'streams that a client has open at once, by its address',
        default: streamsPerClientMax,
        min: 1,
        max: 1_000_000,
      }),
    },
    http1: { idleTimeoutMs },
    http2: {
      idleTimeoutMs,
      resets: readAllowance(settings, 'resets', 'streams reset before their answer has begun'),
      idleFrames: readAllowance(settings, 'idle-frames', 'frames that carry nothing'),
    },
    trustedProxies: readTrustedProxies(settings),
  }
}

/** Reads what an HTTP/2 connection may do at once, and going on. */
function readAllowance(settings: Settings, name: 'resets' | 'idle-frames', what: string) {
  const { burst, perSecond } = http2Limits[name === 'resets' ? 'resets' : 'idleFrames']
  const bounds = { min: 1, max: 1_000_000_000 }
  return {
    burst: settings.integer({
      flag: `http2-${name}-burst`,
      help: `${what} on an HTTP/2 connection, at once`,
      default: burst,
      ...bounds,
    }),
    perSecond: settings.integer({
      flag: `http2-${name}-per-second`,
      help: `${what} on an HTTP/2 connection, going on`,
      default: perSecond,
      ...bounds,
    }),
  }
}

function readTrustedProxies(settings: Settings): AddressList {
  const flag = 'trusted-proxies'
  const help = 'addresses or networks of proxies that carry many users; several by commas'
  const text = settings.text({ flag, help, default: '' })
  const entries = text === '' ? [] : text.split(',').map((entry) => entry.trim())
  try {
    return createAddressList(entries)
  } catch (error) {
    settings.refuse(`--${flag}: ${(error as Error).message}`)
    return createAddressList([])
  }
}
