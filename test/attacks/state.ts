import type { Http1Limits } from '@marquee/http/http1/limits'
import type { Http2Limits } from '@marquee/http/http2/limits'
import type { PortLimits } from '@marquee/http/server/port'

/** Limits that the server of `server.ts` gets. */
export interface PortLimitsOfAll {
  readonly limits?: Partial<PortLimits>
  readonly http1?: Partial<Http1Limits>
  readonly http2?: Partial<Http2Limits>
}

/** Response of `GET /state` of `server.ts`. */
export interface PortState {
  readonly requestCount: number
  readonly exchangeCount: number
  readonly handlerCount: number
  /** Handlers of `/hold` that are not released. Unlike `handlerCount`, without other clients. */
  readonly heldCount: number
  readonly connectionCount: number
  readonly rssBytes: number
  readonly cpuUs: number
}
