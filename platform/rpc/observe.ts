import { Code } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import { createMiddleware } from 'hono/factory'
import type { Logger } from 'pino'
import type { Metrics } from '../process/metrics.ts'
import { httpMethods } from '../server/port.ts'
import type { Call, Environment } from './call.ts'

/** A request id that a client may choose: it goes into logs and headers. */
const clientRequestId = /^[\w.:/+=-]{1,128}$/

/** Codes that are the server's fault, and logged as errors. */
const serverFaults = new Set<Code | undefined>([Code.Unknown, Code.Internal, Code.DataLoss])

export interface ObserveOptions {
  readonly log: Logger
  readonly metrics: Metrics
  /** Milliseconds on a clock that does not jump. */
  readonly now?: () => number
  readonly newId?: () => string
}

/** Gives each call a request id, one log line, and its place in the metrics. */
export function observe({
  log,
  metrics,
  now = () => performance.now(),
  newId = () => crypto.randomUUID(),
}: ObserveOptions) {
  return createMiddleware<Environment>(async (c, next) => {
    const startMs = now()
    const given = c.req.header('x-request-id')
    let holds = 1
    const release = () => {
      holds--
      if (holds === 0) finish()
    }
    const call: Call = {
      requestId: given !== undefined && clientRequestId.test(given) ? given : newId(),
      protocol: 'rest',
      method: '',
      code: undefined,
      error: undefined,
      hold() {
        holds++
        return release
      },
    }
    const finish = () => {
      const durationMs = now() - startMs
      const { protocol, method, requestId } = call
      const code = call.code === undefined ? 'ok' : codeToString(call.code)
      const status = c.res.status
      metrics.callEnded({ protocol, method, code, durationMs })
      const fields = { requestId, protocol, method, status, code, durationMs: round(durationMs) }
      if (serverFaults.has(call.code)) log.error({ ...fields, err: call.error }, 'call')
      else
        log.info(call.error === undefined ? fields : { ...fields, reason: reasonOf(call) }, 'call')
    }
    c.set('call', call)
    metrics.callStarted()
    try {
      await next()
      if (call.method === '') call.method = nameOf(c.req.method, c.req.routePath)
      c.res.headers.set('x-request-id', call.requestId)
    } finally {
      release()
    }
  })
}

/** Any other method has one name in logs and metrics, however a client spells it. */
function nameOf(method: string, route: string): string {
  return `${httpMethods.has(method) ? method : 'OTHER'} ${route}`
}

function reasonOf(call: Call): string {
  return call.error instanceof Error ? call.error.message : String(call.error)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
