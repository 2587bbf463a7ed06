import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Context, Hono } from 'hono'
import type { Call, Environment } from './call.ts'
import { describeError } from './errors/describe-error.ts'
import { refuseCall } from './errors/refuse-call.ts'
import { quoted } from './errors/text.ts'
import { namesUser } from './names-user.ts'
import type { Handle, RunCall } from './own-calls.ts'
import type { Incoming } from './request/incoming.ts'
import { headersOf, incomingOf } from './request/incoming-of.ts'
import { unsupportedCondition } from './request/preconditions.ts'
import { respondConnectUnary } from './response/connect-unary.ts'
import { respondEnveloped } from './response/enveloped.ts'
import type { Rpc } from './rpc.ts'
import { RpcCall } from './rpc-call.ts'
import { createWires, type Wire, wireOf } from './wire/wire.ts'

/**
 * Mounts an RPC on a Hono app, for gRPC, gRPC-Web and Connect. gRPC is refused where a response has
 * no trailers: by HTTP/1.1, and under `app.fetch` alone.
 * @param runCall serves a call for which no middleware has set the variable `call`.
 */
export function mountRpc(app: Hono<Environment>, rpc: Rpc, runCall: RunCall): void {
  const handle = createHandler(rpc)
  app.all(rpc.path, (c) => {
    const call: Call | undefined = c.get('call')
    return call === undefined ? runCall(c, handle) : handle(c)
  })
}

function createHandler(rpc: Rpc): Handle {
  const wires = createWires(rpc.options.jsonOptions)
  const isRead = rpc.method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS
  const allowed = isRead && !isStream(rpc) ? ['POST', 'GET'] : ['POST']
  const name = rpc.path.slice(1)
  const streams = isStream(rpc)
  return (c) => {
    const call = c.get('call')
    call.method = name
    call.isStream = streams
    call.protocol = 'connect'
    const incoming = incomingOf(c)
    if (incoming.method === 'GET' && allowed.includes('GET')) {
      call.isPrivate = namesUser(rpc.method)
      const query = queryOf(incoming.target)
      const wire = wireOf(wires, `application/${query.get('encoding')}`)
      if (wire === undefined || wire.hasEnvelopes) return refuse(c, rpc, incoming, 415, allowed)
      return respondConnectUnary(new RpcCall(rpc, wire, incoming, call), query)
    }
    const type = incoming.header('content-type') ?? ''
    const wire = wireOf(wires, type, incoming.header('accept'))
    if (wire !== undefined) call.protocol = wire.protocol
    if (incoming.method === 'OPTIONS') return c.body(null, 204, { allow: allowOf(allowed) })
    if (incoming.method !== 'POST') return refuse(c, rpc, incoming, 405, allowed)
    if (wire === undefined || !suits(wire, rpc)) return refuse(c, rpc, incoming, 415, allowed)
    if (wire.protocol === 'grpc' && incoming.setTrailers === undefined) {
      return c.env?.exchange ? refuse(c, rpc, incoming, 505, allowed) : refuseGrpc(c, rpc)
    }
    const condition = isRead ? undefined : unsupportedCondition(headersOf(c))
    if (condition !== undefined) {
      const error = describeError(condition, rpc.options.errorDomain)
      return refuseCall(c, error, { http: 412, grpc: 200 })
    }
    const rpcCall = new RpcCall(rpc, wire, incoming, call)
    return wire.hasEnvelopes ? respondEnveloped(rpcCall) : respondConnectUnary(rpcCall, undefined)
  }
}

function allowOf(allowed: readonly string[]): string {
  return [...allowed, 'OPTIONS'].join(', ')
}

function isStream({ streamsRequests, streamsResponses }: Rpc): boolean {
  return streamsRequests || streamsResponses
}

/** Connect has separate content types for streams; gRPC and gRPC-Web do not. */
function suits(wire: Wire, rpc: Rpc): boolean {
  return wire.protocol !== 'connect' || wire.hasEnvelopes === isStream(rpc)
}

function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : target.slice(start + 1))
}

/**
 * Refuses gRPC on a platform without trailers. The reason is in the headers, which a gRPC client
 * reads when the status is 200.
 */
function refuseGrpc(c: Context<Environment>, { path, options }: Rpc): Response {
  const text = `${path} by gRPC needs trailers, which this platform cannot send: call it by gRPC-Web or Connect`
  const error = describeError(new ConnectError(text, Code.Unimplemented), options.errorDomain)
  return refuseCall(c, error, { http: 505, grpc: 200 })
}

/**
 * Refuses a request that is no call of the method, in plain text: an error in Connect's form would
 * be a response of the method.
 */
function refuse(
  c: Context<Environment>,
  { path }: Rpc,
  incoming: Incoming,
  status: 405 | 415 | 505,
  allowed: readonly string[],
): Response {
  const type = incoming.header('content-type') ?? ''
  const reasons = {
    405: `${path} is called by ${allowed.join(' or ')}, not ${c.req.method}`,
    415: `content type ${quoted(type)} is not one of application/json, application/proto, application/connect+…, application/grpc…`,
    505: `${path} by gRPC needs HTTP/2, or call it by gRPC-Web or Connect`,
  }
  const call = c.get('call')
  const error = new ConnectError(reasons[status], Code.Unimplemented)
  call.code = error.code
  call.error = error
  if (!incoming.body.ended) incoming.body.refuse()
  const headers = new Headers({ 'content-type': 'text/plain; charset=utf-8' })
  if (status === 405) headers.set('allow', allowOf(allowed))
  return new Response(`${error.rawMessage}\n`, { status, headers })
}
