import { Code, ConnectError } from '@connectrpc/connect'
import { retryDelayMs } from '@marquee/connect-hono/errors/describe-error'
import { clientDeadlineExceeded } from '@marquee/connect-hono/errors/errors'
import { problemType, restError } from '@marquee/connect-hono/errors/rest-error'
import { pushbackHeader } from '@marquee/connect-hono/errors/retry-info'
import { encodePart } from '@marquee/connect-hono/wire/base64'
import type { Wire, Wires } from '@marquee/connect-hono/wire/wire'
import { namesType } from '@marquee/http/accept'
import type { RefusalReason } from '@marquee/http/admission/port'
import type { Exchange, HeaderList } from '@marquee/http/exchange'
import { headerOf } from '@marquee/http/header-list'
import { LazyHeaders } from '@marquee/http/lazy-headers'
import { describe, withReason } from './reasons.ts'

/** Response that is created once and sent repeatedly. */
interface Prepared {
  readonly status: number
  readonly fields: HeaderList
  readonly body: Uint8Array | undefined
}

const errors: Readonly<Record<RefusalReason, () => ConnectError>> = {
  overloaded() {
    const text = 'the service is overloaded: call again later'
    return withReason(new ConnectError(text, Code.Unavailable), 'OVERLOADED')
  },
  streams() {
    const text = 'the service has too many open streams: call again later'
    return withReason(new ConnectError(text, Code.Unavailable), 'STREAMS_EXHAUSTED')
  },
  late: () => clientDeadlineExceeded(),
}

export type SendRefusal = (
  exchange: Exchange,
  wire: Wire | undefined,
  reason: RefusalReason,
) => void

/**
 * Creates the responses to refused calls: `UNAVAILABLE` with `google.rpc.RetryInfo`, or 503 with
 * `Retry-After`, or `DEADLINE_EXCEEDED`. The request's body is not read, and neither are most of
 * its headers. A refused call has not started, so it is safe to retry any method.
 * @param wires Content types of RPCs.
 * @param corsOrigins Origins of the pages whose scripts may read a refusal.
 */
export function createRefusals(wires: Wires, corsOrigins: readonly string[]): SendRefusal {
  const origins = new Set(corsOrigins)
  const plain = new Map<RefusalReason, Prepared>()
  const problems = new Map<RefusalReason, Prepared>()
  const enveloped = new Map<RefusalReason, Map<Wire, Prepared>>()
  for (const reason of Object.keys(errors) as RefusalReason[]) {
    const error = describe(errors[reason]())
    plain.set(reason, preparePlain(error, undefined))
    problems.set(reason, preparePlain(error, problemType))
    const byWire = new Map<Wire, Prepared>()
    for (const wire of wires.values()) {
      if (!wire.hasEnvelopes) continue
      for (const one of [wire, wire.otherResponse ?? wire]) {
        byWire.set(one, prepareEnveloped(one, error))
      }
    }
    enveloped.set(reason, byWire)
  }
  return (exchange, wire, reason) => {
    const isProblem = namesType(headerOf(exchange.headers, 'accept'), problemType)
    const ofText = isProblem ? problems : plain
    const prepared = (wire && enveloped.get(reason)?.get(wire)) ?? ofText.get(reason)
    if (prepared === undefined) return
    const origin = origins.size > 0 ? headerOf(exchange.headers, 'origin') : undefined
    const isAllowed = origin !== undefined && origins.has(origin)
    send(exchange, prepared, isAllowed ? corsHeaders(origin) : [])
  }
}

/**
 * Headers by which scripts of another origin can read `Retry-After`
 * (https://fetch.spec.whatwg.org/#http-cors-protocol).
 */
function corsHeaders(origin: string): HeaderList {
  return [
    ...['access-control-allow-origin', origin, 'vary', 'origin'],
    ...['access-control-expose-headers', `retry-after, ${pushbackHeader}`],
  ]
}

function send(exchange: Exchange, { status, fields, body }: Prepared, more: HeaderList): void {
  if (exchange.closed) {
    exchange.abort()
    return
  }
  if (!exchange.body.ended) exchange.body.refuse()
  exchange.respond(status, more.length === 0 ? fields : [...fields, ...more])
  exchange.end(exchange.method === 'HEAD' ? undefined : body)
}

/**
 * Prepares the error without an envelope, for unary calls by Connect and for REST calls.
 * @param accept `Accept` of the request.
 */
function preparePlain(error: ConnectError, accept: string | undefined): Prepared {
  const status = error.code === Code.Unavailable ? 503 : 504
  const { headers, body } = restError(error, { status, accept })
  const fields = [...headers, 'content-length', String(body.length), 'vary', 'accept']
  return { status, fields, body }
}

/** Prepares the error in an envelope. By gRPC, the response has only headers ("Trailers-Only"). */
function prepareEnveloped(wire: Wire, error: ConnectError): Prepared {
  const trailerList: string[] = []
  const responseTrailer = new LazyHeaders(trailerList) as unknown as Headers
  if (wire.protocol !== 'connect' && error.code === Code.Unavailable) {
    responseTrailer.set(pushbackHeader, String(retryDelayMs))
  }
  const last = wire.end({ trailerList, responseTrailer }, error)
  const fields = ['content-type', wire.contentType]
  if (wire.protocol === 'grpc') fields.push(...trailerList)
  return { status: 200, fields, body: last && encodePart(wire, last) }
}
