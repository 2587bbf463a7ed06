import { forwardedHeaders } from '@marquee/connect-hono/client-of'
import { type RpcLimits, rpcLimits } from '@marquee/connect-hono/limits'
import type { Http1Limits } from '@marquee/http/http1/limits'
import { type Http2Limits, http2Limits } from '@marquee/http/http2/limits'
import { type AddressList, createAddressList } from '@marquee/http/server/address-list'
import type { Rates } from '../limits/limit-class.ts'
import type { FlagOptions, Flags } from './flags.ts'
import { readRates } from './rates.ts'

/** Limits that depend on the clients and proxies in front of a service. */
export interface TrafficOptions {
  readonly rpcLimits: Pick<
    RpcLimits,
    'messageBytesMax' | 'unaryTimeoutMs' | 'heartbeatMs' | 'streamAgeMaxMs' | 'streamsPerClientMax'
  >
  readonly http1: Partial<Http1Limits>
  readonly http2: Partial<Http2Limits>
  /** Proxies whose connections carry the calls of many users. */
  readonly trustedProxies: AddressList
  readonly forwardedHeader: (typeof forwardedHeaders)[number]
  /** Rates to which each client is limited. Default: none. */
  readonly rates?: Rates | undefined
}

const dayMs = 86_400_000

/**
 * Reads the time-outs, ages and sizes of connections, streams and messages, and the rate limits of
 * HTTP/2.
 * @param streamsPerClientMax Default of `--streams-per-client-max`.
 */
export function readTrafficOptions(
  flags: Flags,
  streamsPerClientMax = rpcLimits.streamsPerClientMax,
): TrafficOptions {
  const idleTimeoutMs = flags.integer({
    flag: 'idle-timeout-ms',
    help: 'time that a connection without calls stays open; set it longer than that of a proxy in front',
    default: http2Limits.idleTimeoutMs,
    min: 1_000,
    max: dayMs,
  })
  const heartbeatMs = flags.integer({
    flag: 'heartbeat-ms',
    help: 'time after which a quiet watch sends its last message again; 0 for never',
    default: rpcLimits.heartbeatMs ?? 0,
    min: 0,
    max: dayMs,
  })
  const streamAgeMaxMs = flags.integer({
    flag: 'stream-age-ms',
    help: 'maximum age of a stream; it then ends with UNAVAILABLE, and clients open it again',
    default: rpcLimits.streamAgeMaxMs,
    min: 1_000,
    max: 24 * dayMs,
  })
  const ageMaxMs = flags.integer({
    flag: 'connection-age-ms',
    help: 'maximum age of a connection; its calls then finish, and clients connect again',
    default: http2Limits.ageMaxMs,
    min: 1_000,
    max: 24 * dayMs,
  })
  return {
    rpcLimits: {
      messageBytesMax: flags.integer({
        flag: 'message-bytes-max',
        help: 'maximum size of a request message, decompressed; its rules may allow less',
        default: rpcLimits.messageBytesMax,
        min: 1_024,
        max: 1_073_741_824,
      }),
      unaryTimeoutMs: flags.integer({
        flag: 'unary-timeout-ms',
        help: 'time that a unary call may take when its client sets no earlier deadline',
        default: rpcLimits.unaryTimeoutMs,
        min: 1,
        max: dayMs,
      }),
      heartbeatMs: heartbeatMs === 0 ? undefined : heartbeatMs,
      streamAgeMaxMs,
      streamsPerClientMax: flags.integer({
        flag: 'streams-per-client-max',
        help: 'open streams of a client, which is known by its address',
        default: streamsPerClientMax,
        min: 1,
        max: 1_000_000,
      }),
    },
    http1: { idleTimeoutMs, ageMaxMs },
    http2: {
      idleTimeoutMs,
      ageMaxMs,
      ...readHttp2Rates(flags),
    },
    trustedProxies: readTrustedProxies(flags),
    forwardedHeader: flags.choice({
      flag: 'forwarded-header',
      help: `the header by which these proxies name their clients: ${forwardedHeaders.join(', ')}`,
      of: forwardedHeaders,
      default: 'x-forwarded-for',
    }),
    rates: readRates(flags),
  }
}

/** Reads the rate limits of an HTTP/2 connection. */
function readHttp2Rates(flags: Flags) {
  const bounds = { min: 1, max: 1_000_000_000 }
  return {
    resets: {
      burst: flags.integer({
        flag: 'http2-resets-burst',
        help: 'burst of streams that an HTTP/2 client may reset before their response begins',
        default: http2Limits.resets.burst,
        ...bounds,
      }),
      perSecond: flags.integer({
        flag: 'http2-resets-per-second',
        help: 'streams per second that an HTTP/2 client may reset before their response begins',
        default: http2Limits.resets.perSecond,
        ...bounds,
      }),
    },
    idleFrames: {
      burst: flags.integer({
        flag: 'http2-idle-frames-burst',
        help: 'burst of frames without data that an HTTP/2 client may send',
        default: http2Limits.idleFrames.burst,
        ...bounds,
      }),
      perSecond: flags.integer({
        flag: 'http2-idle-frames-per-second',
        help: 'frames without data per second that an HTTP/2 client may send',
        default: http2Limits.idleFrames.perSecond,
        ...bounds,
      }),
    },
  }
}

function readTrustedProxies(flags: Flags): AddressList {
  const help = 'addresses or networks of proxies that carry many users, separated by commas'
  return readAddressList(flags, { flag: 'trusted-proxies', help })
}

/** Reads addresses and networks, separated by commas. Default: none. */
export function readAddressList(flags: Flags, options: FlagOptions, further: string[] = []) {
  const text = flags.text({ ...options, default: '' })
  const entries = text === '' ? [] : text.split(',').map((entry) => entry.trim())
  try {
    return createAddressList([...entries, ...further])
  } catch (error) {
    flags.refuse(`--${options.flag}: ${(error as Error).message}`)
    return createAddressList([])
  }
}
