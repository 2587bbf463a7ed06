import { Code } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import { Call, type Environment } from '@marquee/connect-hono/call'
import { isClientFault } from '@marquee/connect-hono/errors/errors'
import { loggedText } from '@marquee/connect-hono/errors/text'
import { Lifetime } from '@marquee/connect-hono/lifetime'
import { rpcLimits } from '@marquee/connect-hono/limits'
import type { Timeouts } from '@marquee/connect-hono/timeouts'
import type { HostCheck } from '@marquee/http/server/host-check'
import { httpMethods } from '@marquee/http/server/port'
import { createMiddleware } from 'hono/factory'
import type { LogAccess } from './logs/access-log.ts'
import type { CallLog } from './logs/call-log.ts'
import type { CallCounts } from './metrics/call-metrics.ts'
import { refuseMisdirected } from './misdirected.ts'
import type { CallTracing } from './telemetry/call-tracing.ts'

/** Request ids that a client may choose. They go into logs and headers. */
const clientRequestId = /^[\w.:/+=-]{1,128}$/

/** Codes of server faults, which are logged as errors. */
const serverFaults = new Set<Code | undefined>([Code.Unknown, Code.Internal, Code.DataLoss])

export interface ObserveOptions {
  readonly log: CallLog
  /** Writes the line of a call that succeeded. Default: `log.info`. */
  readonly logAccess?: LogAccess | undefined
  readonly metrics: CallCounts
  /** Timers of the calls' deadlines. */
  readonly timeouts: Timeouts
  /** Check of the requested host. Default: all hosts are accepted. */
  readonly hosts?: HostCheck | undefined
  /** Monotonic clock, in milliseconds. */
  readonly now?: () => number
  readonly newId?: () => string
  /** Maximum time that a call waits for memory, in milliseconds. */
  readonly memoryWaitMs?: number
  /** Default: no tracing. */
  readonly tracing?: CallTracing | undefined
}

/** Gives each call a request id and one log line, and counts it in the metrics. */
export function observe({
  log,
  logAccess = (line) => log.info(line, 'call'),
  metrics,
  timeouts,
  hosts,
  now = () => performance.now(),
  newId = () => crypto.randomUUID(),
  memoryWaitMs = rpcLimits.memoryWaitMs,
  tracing,
}: ObserveOptions) {
  function finish(call: Call): void {
    const durationMs = now() - call.startMs
    const { protocol, method, requestId, status, span } = call
    const code = call.code === undefined ? 'ok' : codeToString(call.code)
    const traceId = span?.traceId
    metrics.callEnded({
      protocol,
      method,
      code,
      durationMs,
      isStream: call.isStream,
      isFile: call.isFile,
      target: call.target,
      startMs: call.startMs,
      requestId,
      traceId,
    })
    const fields = {
      requestId,
      protocol,
      method,
      status,
      code,
      durationMs: round(durationMs),
      trace_id: traceId,
    }
    if (span !== undefined) tracing?.end(span, call)
    if (isServerFault(call)) log.error({ ...fields, err: call.error }, 'call')
    else if (call.error === undefined) logAccess(fields)
    else log.info({ ...fields, reason: reasonOf(call) }, 'call')
  }

  return createMiddleware<Environment>(async (c, next) => {
    const given = c.req.raw.headers.get('x-request-id')
    const requestId = given !== null && clientRequestId.test(given) ? given : newId()
    const startMs = now() - (c.env?.waitedMs ?? 0)
    const call = new Call(requestId, startMs, new Lifetime(timeouts), finish)
    call.account = c.env?.exchange?.account
    call.memoryWaitMs = memoryWaitMs
    call.span = tracing?.start(c, startMs)
    c.set('call', call)
    metrics.callStarted()
    try {
      const refusal = hosts && refuseMisdirected(c, hosts)
      if (refusal === undefined) await next()
      else c.res = refusal
      if (call.method === '') call.method = nameOf(c.req.method, c.req.routePath)
      c.res.headers.set('x-request-id', requestId)
    } finally {
      call.status = c.res.status
      call.release()
    }
  })
}

/** A forwarded response has no error here: the service that created it has logged the error. */
function isServerFault({ code, error }: Call): boolean {
  return serverFaults.has(code) && error !== undefined && !isClientFault(error)
}

/** Returns the name of a call. All unknown HTTP methods share one name in logs and metrics. */
function nameOf(method: string, route: string): string {
  return `${httpMethods.has(method) ? method : 'OTHER'} ${route}`
}

function reasonOf(call: Call): string {
  const reason = call.error instanceof Error ? call.error.message : String(call.error)
  return loggedText(reason)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
