import { Code } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import type { Call, Environment } from '@marquee/connect-hono/call'
import type { Span, SpanEnd } from '@marquee/connect-hono/span'
import type { AddressList } from '@marquee/http/server/address-list'
import type { Context } from 'hono'
import type { Tracing } from './port.ts'
import { parseTraceContext } from './trace-context.ts'

/** Traces the calls that a service receives. */
export interface CallTracing {
  /** Starts the span of a call. Probes have none. */
  start(c: Context<Environment>, startMs: number): Span | undefined
  /** Ends the span of a call that has ended. */
  end(span: Span, call: Call): void
}

/** Health checks and metrics: frequent, and of interest to nobody. */
const untraced = /^\/(?:livez|readyz|metrics|grpc\.health\.v1\.Health\/\w+)$/

/**
 * Creates the tracing of received calls.
 * @param trusted Clients whose traces are continued. A call of any other client starts a trace,
 *   with a link to the client's span: the client decides neither the trace id nor the sampling.
 */
export function createCallTracing(tracing: Tracing, trusted: AddressList): CallTracing {
  return {
    start(c, startMs) {
      if (untraced.test(c.req.path)) return undefined
      const { headers } = c.req.raw
      const given = parseTraceContext(headers.get('traceparent'), headers.get('tracestate'))
      const options = { name: c.req.method, kind: 'server', startMs } as const
      if (given === undefined) return tracing.start(options)
      return trusted.has(c.env?.exchange?.remoteAddress ?? '')
        ? tracing.start({ ...options, parent: given })
        : tracing.start({ ...options, links: [given] })
    },
    end(span, call) {
      span.end(span.isSampled ? endOf(call) : undefined)
    },
  }
}

function endOf({ protocol, method, status, code }: Call): SpanEnd {
  if (protocol !== 'rest') {
    const error = code !== undefined && serverFaults.has(code) ? codeToString(code) : undefined
    return { name: method, attributes: rpcAttributes(protocol, method, code), error }
  }
  const [verb = '', route = ''] = method.split(' ')
  const attributes = {
    'http.request.method': verb,
    'http.route': route,
    'http.response.status_code': status,
  }
  return { name: method, attributes, error: status >= 500 ? String(status) : undefined }
}

/** https://opentelemetry.io/docs/specs/semconv/rpc/grpc/#server */
const serverFaults = new Set([
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
])

/** Returns the attributes of an RPC that has ended, at its client or its server. */
export function rpcAttributes(protocol: string, method: string, code: Code | undefined) {
  const isGrpc = protocol !== 'connect'
  const status = isGrpc ? grpcStatus(code) : code && codeToString(code)
  return {
    'rpc.system.name': isGrpc ? 'grpc' : 'connectrpc',
    'rpc.method': method,
    ...(status && { 'rpc.response.status_code': status }),
  }
}

function grpcStatus(code: Code | undefined): string {
  if (code === undefined) return 'OK'
  return code === Code.Canceled ? 'CANCELLED' : codeToString(code).toUpperCase()
}
