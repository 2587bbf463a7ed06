import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import type { Environment } from '@marquee/connect-hono/call'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { ServerReflection } from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import { ServerReflection as ServerReflectionAlpha } from '@marquee/connect-hono/gen/grpc/reflection/v1alpha/reflection_pb'
import { namesUser } from '@marquee/connect-hono/names-user'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import type { StreamQuota } from '@marquee/connect-hono/stream-quota'
import { createWires, type Wire, type Wires, wireOf } from '@marquee/connect-hono/wire/wire'
import { headerOf, toHeaderList } from '@marquee/http/header-list'
import type { Transcoding } from '@marquee/transcode/mount'
import type { Context, Hono } from 'hono'
import { ActivityService } from '../../../gen/system/v1/system_pb.ts'
import type { RpcPaths } from '../admission.ts'
import type { AccessRules } from '../auth/access-rules.ts'
import { refuseMethod } from '../rest/rest.ts'
import { ClientSpan } from '../telemetry/client-span.ts'
import { Forward } from './forward.ts'
import { type GatewayLimits, gatewayLimits } from './limits.ts'
import { instanceHeader, withNamed } from './named-instance.ts'
import type { Upstream } from './upstream.ts'

export interface ForwardingOptions {
  /** Prefix of a second path of each RPC: `/services/rating`. */
  readonly path: string
  /** Name of the service in the registry. */
  readonly service: string
  readonly upstream: Upstream
  /**
   * Services to forward at their own paths, and below `path`. What every instance serves, such as
   * health, is forwarded below `path` only, to the instance that the call names, if any: see
   * `instanceHeader`.
   */
  readonly services: readonly DescService[]
  /** Ends response streams when aborted, with its reason. */
  readonly drain: AbortSignal | undefined
  /** Quota of the forwarded streams. */
  readonly streams: StreamQuota
  readonly limits?: Partial<GatewayLimits>
  /** Domain of the errors of the gateway itself. Default: they have no reasons. */
  readonly errorDomain?: string | undefined
  /** Registers the RPCs with admission. */
  readonly admission?: RpcPaths | undefined
  /** Gets the access rules of the RPCs. */
  readonly access?: AccessRules
  /**
   * Gets the REST routes of `services`, which are forwarded at their own paths. Default: none are.
   */
  readonly restRoutes?: Pick<Transcoding, 'addMethod'>
}

const ofEveryService: readonly DescService[] = [
  Health,
  ActivityService,
  ServerReflection,
  ServerReflectionAlpha,
]

/**
 * Forwards the RPCs of another service, by all protocols, to one of its instances. Both directions
 * stream with backpressure, and a call ends when either side leaves. Messages are not decoded. A
 * call that reaches no instance is `UNAVAILABLE` in its protocol. REST routes of the RPCs are
 * forwarded too; other routes and metrics are not.
 */
export function addForwarding(app: Hono<Environment>, options: ForwardingOptions): void {
  const wires = createWires({})
  const own = { ...options, limits: { ...gatewayLimits, ...options.limits } }
  const { services, restRoutes } = options
  for (const method of [...services, ...ofEveryService].flatMap(({ methods }) => methods)) {
    addMethod(app, own, wires, { method, prefix: options.path })
  }
  for (const method of services.flatMap(({ methods }) => methods)) {
    addMethod(app, own, wires, { method, prefix: '' })
    restRoutes?.addMethod(method, (c) => {
      c.get('call').isPrivate = namesUser(method)
      const { target } = incomingOf(c)
      return forward(c, own, { method, target, wire: undefined, wires })
    })
  }
}

type ResolvedOptions = ForwardingOptions & { readonly limits: GatewayLimits }

function addMethod(
  app: Hono<Environment>,
  options: ResolvedOptions,
  wires: Wires,
  { method, prefix }: { readonly method: DescMethod; readonly prefix: string },
): void {
  const name = `${method.parent.typeName}/${method.name}`
  const path = `${prefix}/${name}`
  options.admission?.addRpc(path, method)
  options.access?.addRpc(path, method)
  const isRead = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS
  const hasGet = isRead && method.methodKind === 'unary'
  const refuse = refuseMethod(hasGet ? 'GET, POST' : 'POST')
  app.on(hasGet ? ['GET', 'POST'] : ['POST'], path, (c) => {
    if (c.req.method === 'HEAD') return refuse(c)
    const incoming = incomingOf(c)
    const call = c.get('call')
    const wire = wireOfRequest(wires, incoming)
    call.method = name
    call.isStream = method.methodKind !== 'unary'
    call.isPrivate = namesUser(method)
    call.protocol = wire?.protocol ?? 'connect'
    if (wire?.protocol === 'grpc' && incoming.setTrailers === undefined) return needsHttp2(c)
    const target = `/${name}${queryOf(incoming.target)}`
    return forward(c, options, { method, target, wire, wires })
  })
  app.all(path, refuse)
}

interface Forwarded {
  readonly method: DescMethod
  /** Path and query at the service. */
  readonly target: string
  /** `undefined` for REST, and for a request of no known protocol. */
  readonly wire: Wire | undefined
  readonly wires: Wires
}

function forward(
  c: Context<Environment>,
  { service, upstream, limits, drain, streams, errorDomain }: ResolvedOptions,
  { method, target, wire, wires }: Forwarded,
): Promise<Response> {
  const incoming = incomingOf(c)
  const call = c.get('call')
  call.target = service
  const fields = c.env?.exchange?.headers ?? toHeaderList(incoming.request.headers)
  const named = ofEveryService.includes(method.parent) && headerOf(fields, instanceHeader)
  const request = {
    method: methodOf(incoming, method),
    target,
    fields,
    expectsContinue: !incoming.body.ended && isContinue(headerOf(fields, 'expect')),
    httpVersion: c.env?.exchange?.httpVersion ?? '1.1',
    requestId: call.requestId,
    span: call.span && new ClientSpan(call.span, method, call.protocol, service),
    remoteAddress: incoming.remoteAddress,
    token: call.principal?.token,
  }
  const wireOfResponse = (contentType: string) => wireOf(wires, contentType)
  const base = { limits, drain, streams, errorDomain, method, wire, wireOfResponse }
  const chosen =
    typeof named === 'string' ? withNamed(upstream, named, { service, call }) : upstream
  return new Forward({ ...base, upstream: chosen, incoming, call, request }).start()
}

/**
 * Returns the HTTP method for the service. HEAD becomes GET where the response has a length, which
 * it announces without sending it: the app removes the body.
 */
function methodOf(incoming: Incoming, { methodKind }: DescMethod): string {
  return incoming.method === 'HEAD' && methodKind === 'unary' ? 'GET' : incoming.method
}

function wireOfRequest(wires: Wires, incoming: Incoming): Wire | undefined {
  if (incoming.method !== 'GET') {
    return wireOf(wires, incoming.header('content-type') ?? '', incoming.header('accept'))
  }
  const encoding = new URLSearchParams(queryOf(incoming.target)).get('encoding')
  return wireOf(wires, `application/${encoding}`)
}

function isContinue(expectation: string | undefined): boolean {
  return expectation?.toLowerCase() === '100-continue'
}

/** Returns the query with its question mark, or an empty text. */
function queryOf(target: string): string {
  const start = target.indexOf('?')
  return start < 0 ? '' : target.slice(start)
}

/** Refuses gRPC by HTTP/1.1, where a response has no trailers. */
function needsHttp2(c: Context<Environment>): Response {
  return c.text(`${c.req.path} by gRPC needs HTTP/2\n`, 505)
}
