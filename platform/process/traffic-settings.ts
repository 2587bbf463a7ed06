import type { Http1Limits } from '../http1/limits.ts'
import { type Http2Limits, http2Limits } from '../http2/limits.ts'
import { type RpcLimits, rpcLimits } from '../rpc/limits.ts'
import type { Settings } from './settings.ts'

/** The bounds that depend on what is between a service and its clients. */
export interface TrafficSettings {
  readonly rpcLimits: Pick<RpcLimits, 'heartbeatMs'>
  readonly http1: Partial<Http1Limits>
  readonly http2: Partial<Http2Limits>
}

const dayMs = 86_400_000

/** Reads how long what is quiet is kept open, and by what. */
export function readTrafficSettings(settings: Settings): TrafficSettings {
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
  return {
    rpcLimits: { heartbeatMs: heartbeatMs === 0 ? undefined : heartbeatMs },
    http1: { idleTimeoutMs },
    http2: { idleTimeoutMs },
  }
}
