import type { Http1Limits } from '../../platform/http1/limits.ts'
import type { Http2Limits } from '../../platform/http2/limits.ts'
import type { PortLimits } from '../../platform/server/port.ts'

/** What the port of `server.ts` is told. */
export interface PortLimitsOfAll {
  readonly limits?: Partial<PortLimits>
  readonly http1?: Partial<Http1Limits>
  readonly http2?: Partial<Http2Limits>
}

/** What `GET /state` of `server.ts` tells. */
export interface PortState {
  readonly requestCount: number
  readonly exchangeCount: number
  readonly handlerCount: number
  readonly connectionCount: number
  readonly rssBytes: number
  readonly cpuUs: number
}
