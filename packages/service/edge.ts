import type { Environment } from '@marquee/connect-hono/call'
import type { Hono } from 'hono'
import type { AppOptions } from './app.ts'
import { consoleLog } from './logs/console-log.ts'
import { CallMetrics } from './metrics/call-metrics.ts'
import { createHealth } from './process/health.ts'

/** A service for platforms that call `fetch`: the default export of a service's `edge.ts`. */
export interface EdgeService {
  fetch(request: Request): Response | Promise<Response>
}

/**
 * Creates the app with the first request, because Workers allow no timer and no random number
 * before it. Admission, the memory budget and shutdown are left to the platform, which owns the
 * sockets and the process.
 */
export function createEdgeService(createApp: (base: AppOptions) => Hono<Environment>): EdgeService {
  let app: Hono<Environment> | undefined
  return {
    fetch(request) {
      app ??= createApp({
        log: consoleLog,
        metrics: new CallMetrics(),
        health: createHealth(),
        // The address of the client is unknown, and Workers do not report that a client has left.
        limits: { streamsPerClientMax: Number.POSITIVE_INFINITY },
        callsShare: false,
      })
      return app.fetch(request)
    },
  }
}
