import { serve } from '@marquee/http/server/serve'
import { createApp } from '@marquee/service/app'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth, type Health } from '@marquee/service/process/health'
import { pino } from 'pino'

/** A server that has only health endpoints. */
export interface HealthServer extends AsyncDisposable {
  readonly url: string
  readonly health: Health
  /** Makes the server not ready for the reason, or ready again with `undefined`. */
  setProblem(reason: string | undefined): void
}

/** Starts a health server. Default: on any free port. */
export async function startHealthServer(port = 0): Promise<HealthServer> {
  const log = pino({ level: 'silent' })
  const health = createHealth(new AbortController().signal)
  let problem: string | undefined
  health.require('test', () => problem)
  const metrics = createMetrics()
  const app = createApp('health', { log, metrics, health })
  const server = await serve({ app, log, port })
  return {
    url: server.url,
    health,
    setProblem(reason) {
      problem = reason
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}
