import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescService,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Environment } from '@marquee/connect-hono/call'
import type { ClientOptions } from '@marquee/connect-hono/client-of'
import { describeError } from '@marquee/connect-hono/errors/describe-error'
import { toConnectError, toLoggedError, toRestError } from '@marquee/connect-hono/errors/errors'
import { refuseCall } from '@marquee/connect-hono/errors/refuse-call'
import { Health as HealthService } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { addHealth, type ForeignService } from '@marquee/connect-hono/health'
import { type RpcLimits, rpcLimits } from '@marquee/connect-hono/limits'
import { mountConnect } from '@marquee/connect-hono/mount'
import type { ConnectOptions } from '@marquee/connect-hono/options'
import { pathOf } from '@marquee/connect-hono/path'
import { addReflection } from '@marquee/connect-hono/reflection'
import type { Rpc } from '@marquee/connect-hono/rpc'
import { createStreamQuota, type StreamQuota } from '@marquee/connect-hono/stream-quota'
import { createOwnTimeouts, createTimeouts } from '@marquee/connect-hono/timeouts'
import { createValidate, type Validate } from '@marquee/connect-hono/validation'
import type { HostCheck } from '@marquee/http/server/host-check'
import type { Transcoding } from '@marquee/transcode/mount'
import type { Descriptions } from '@marquee/transcode/openapi/descriptions'
import type { PathFields } from '@marquee/transcode/request/path-fields'
import { type Context, Hono } from 'hono'
import { Access } from '../../gen/access/v1/access_pb.ts'
import { ActivityService } from '../../gen/system/v1/system_pb.ts'
import { type ActivityDetails, addActivity } from './activity.ts'
import type { RpcPaths } from './admission.ts'
import { type AccessRules, createAccessRules } from './auth/access-rules.ts'
import { type AuthorizeOptions, authorize } from './auth/authorize.ts'
import type { Closable } from './closed.ts'
import { allowOrigins } from './cors.ts'
import { limitRates } from './limits/limit-rates.ts'
import type { RateLimits } from './limits/open.ts'
import type { LogAccess } from './logs/access-log.ts'
import type { CallLog } from './logs/call-log.ts'
import { publicReason } from './logs/public-reason.ts'
import type { CallCounts } from './metrics/call-metrics.ts'
import type { Metrics } from './metrics/metrics.ts'
import { observe } from './observe.ts'
import { addOpenApi, openApiPath } from './openapi/routes.ts'
import type { Health, Problem } from './process/health.ts'
import { errorDomain as domainOfReasons, withReason } from './reasons.ts'
import { conditionalGet, respondToHead } from './rest/conditional.ts'
import { createRestCall, type RestCall, refuseMethod } from './rest/rest.ts'
import { createRestStream, type StreamCall } from './rest/stream.ts'
import { addRestRoutes } from './rest/transcoding.ts'
import type { CallTracing } from './telemetry/call-tracing.ts'
import { createSoleProcess, type Workers } from './workers/port.ts'

/** Options of `createApp`. */
export interface AppOptions extends ClientOptions {
  readonly log: CallLog
  /** Writes the line of a call that succeeded. Default: `log.info`. */
  readonly logAccess?: LogAccess
  /** Without a registry there is no `/metrics`. */
  readonly metrics: CallCounts & Partial<Metrics>
  readonly health: Health
  /**
   * Shares timers, watches and upstream calls between calls. Default: true. On Workers, they belong
   * to the request that created them, and end with it.
   */
  readonly callsShare?: boolean
  readonly limits?: Partial<RpcLimits>
  /** Origins of the pages whose scripts may call. Default: none. */
  readonly corsOrigins?: readonly string[]
  /** Further headers that calls of these pages may have. Default: none. */
  readonly corsHeaders?: readonly string[]
  /** Verifies callers and enforces the access rules. Default: every call is accepted. */
  readonly auth?: Omit<AuthorizeOptions, 'rules'> | undefined
  /**
   * Refuses requests to other hosts before anything else is done with them. Default: all are
   * accepted.
   */
  readonly hosts?: HostCheck | undefined
  /** Rate limits of each client. Default: none. */
  readonly rateLimits?: RateLimits | undefined
  /** Traces the calls. Default: no tracing. */
  readonly tracing?: CallTracing | undefined
  /** Parts that the app does not offer. Default: nothing. */
  readonly closed?: ReadonlySet<Closable>
  /** Gets the paths of the RPCs, where calls are admitted before the app sees them. */
  readonly admission?: RpcPaths
  /**
   * Returns the service's own part of its activity beside its calls and problems. Default: nothing.
   */
  readonly activityDetails?: () => ActivityDetails
  /** Processes that share the port. Default: this one only. */
  readonly workers?: Pick<Workers, 'place' | 'report' | 'gather'>
  /**
   * Set to false to give errors only the details that handlers give them. Default: each has a reason
   * (docs/errors.md).
   */
  readonly givesReasons?: boolean
  /** Values of request fields that REST paths stand for. Default: none. */
  readonly restPathFields?: PathFields
  /** Loads comments and examples for the OpenAPI document. Default: there are none. */
  readonly descriptions?: () => Promise<Descriptions>
}

/** A Hono app on which a service mounts its RPCs and its REST routes. */
export interface ServiceApp extends Hono<Environment> {
  /**
   * Options for `mountConnect`: the limits, the stream quota and the validation of the whole app.
   */
  readonly rpcOptions: Omit<ConnectOptions, keyof OwnRpcOptions> & OwnRpcOptions
  /** Access rules: each REST route has to have one. RPCs have theirs in the proto. */
  readonly access: AccessRules
  /** The REST routes of RPCs, by the `google.api.http` options of their protos. */
  readonly restRoutes: Pick<Transcoding, 'addMethod'>
  /** Lists a service of another process, whose calls are forwarded, in reflection and health. */
  listService(foreign: ForeignService): void
  /** Runs an RPC for a REST route. */
  readonly restCall: RestCall
  /**
   * Adds a REST route that streams the responses of an RPC: `GET`, and `HEAD`, with the access rule
   * and the admission of the RPC.
   * @param callOf Returns the call of a request.
   */
  addStream<I extends DescMessage, O extends DescMessage>(
    path: string,
    method: DescMethodServerStreaming<I, O>,
    callOf: (c: Context<Environment>) => Omit<StreamCall<I, O>, 'method'>,
  ): void
}

interface OwnRpcOptions {
  readonly limits: RpcLimits
  readonly streams: StreamQuota
  readonly validate: Validate
  readonly errorDomain: string | undefined
}

/**
 * Creates the app of a service, with what all services have: request id, log, metrics, reflection,
 * health, activity, `/livez`, `/readyz` and `/metrics`. Reflection and health cover the services
 * that are mounted with `rpcOptions`. Under `app.fetch` alone it responds to all protocols but
 * gRPC.
 * @param name the service's short name, as in the registry: `rating`.
 */
export function createApp(name: string, options: AppOptions): ServiceApp {
  const { log, logAccess, metrics, health, hosts, tracing, callsShare = true, admission } = options
  const { closed = new Set() } = options
  const timeouts = callsShare ? createTimeouts() : createOwnTimeouts()
  const limits = { ...rpcLimits, ...options.limits }
  const validate = createValidate()
  const app = new Hono<Environment>({ getPath: pathOf })
  const { memoryWaitMs } = limits
  app.use(observe({ log, logAccess, metrics, timeouts, hosts, tracing, memoryWaitMs }))
  if (options.corsOrigins?.length) app.use(allowOrigins(options.corsOrigins, options.corsHeaders))
  const access = createAccessRules()
  const { auth } = options
  if (auth !== undefined) app.use(authorize({ ...auth, rules: access }))
  const { trustedProxies, forwardedHeader, rateLimits } = options
  const client = { trustedProxies, forwardedHeader }
  if (rateLimits) app.use(limitRates({ ...client, limits: rateLimits, rules: access }))
  // Hono's GET routes are those of HEAD too.
  app.get('*', respondToHead, conditionalGet)
  app.onError(respondError)
  const errorDomain = options.givesReasons === false ? undefined : domainOfReasons
  app.notFound((c) => respondNotFound(c, errorDomain))

  // Filled as services are mounted, and read when a client asks.
  const ofEveryService = closed.has('activity') ? [] : [ActivityService]
  const withHealth = new Set<DescService>(ofEveryService)
  const foreignServices: ForeignService[] = []
  const reflected = new Set<DescService>([...ofEveryService, HealthService])
  const pathFields = options.restPathFields ?? {}
  const restRoutes = addRestRoutes(app, { access, admission, pathFields })
  const onRpc = (path: string, method: DescMethod, rpc: Rpc) => {
    access.addRpc(path, method)
    admission?.addRpc(path, method)
    restRoutes.add(path, method, rpc)
  }
  const streams = createStreamQuota({ limits, ...client })
  const common = { limits, validate, streams, errorDomain, drain: health.draining }
  mountConnect(
    app,
    (router) => {
      const { activityDetails: details, workers = createSoleProcess() } = options
      const sources = { service: name, metrics, health, details, workers }
      if (!closed.has('activity')) addActivity(router, sources)
      if (!closed.has('reflection')) addReflection(router, reflected)
      addHealth(router, health, withHealth, foreignServices)
    },
    { ...common, onRpc },
  )
  access.addRoute('/livez', { GET: Access.PUBLIC })
  access.addRoute('/readyz', { GET: Access.PUBLIC })
  addProbes(app, health)
  access.addRoute('/metrics', { GET: Access.OPERATOR })
  const { registry, text } = metrics
  if (registry && text && !closed.has('metrics')) addMetrics(app, { registry, text })
  access.addRoute(openApiPath, { GET: Access.PUBLIC })
  addOpenApi(app, { name, restRoutes, pathFields, descriptions: options.descriptions })
  const rpcOptions = {
    ...common,
    onRpc(path: string, method: DescMethod, rpc: Rpc) {
      withHealth.add(method.parent)
      reflected.add(method.parent)
      onRpc(path, method, rpc)
    },
  }
  const restStream = createRestStream(common)
  return Object.assign(app, {
    rpcOptions,
    access,
    restRoutes,
    listService(foreign: ForeignService) {
      foreignServices.push(foreign)
      reflected.add(foreign.service)
    },
    restCall: createRestCall(validate, limits),
    addStream<I extends DescMessage, O extends DescMessage>(
      path: string,
      method: DescMethodServerStreaming<I, O>,
      callOf: (c: Context<Environment>) => Omit<StreamCall<I, O>, 'method'>,
    ) {
      access.addRoute(path, { GET: method })
      admission?.addRpc(path, method)
      app.get(path, (c) => restStream(c, { method, ...callOf(c) }))
      app.all(path, refuseMethod('GET, HEAD'))
    },
  })
}

function addProbes(app: Hono<Environment>, health: Health): void {
  const respond = (
    c: Context<Environment>,
    found: readonly Problem[],
    notes: readonly Problem[] = [],
  ) => {
    const isGood = found.length === 0
    const problems = found.map(toPublic)
    const body = { status: isGood ? 'ok' : 'unavailable', problems }
    return c.json(
      notes.length > 0 ? { ...body, notes: notes.map(toPublic) } : body,
      isGood ? 200 : 503,
    )
  }
  app.get('/livez', (c) => respond(c, health.problems('life')))
  app.get('/readyz', (c) => respond(c, health.problems(), health.notes()))
  for (const path of ['/livez', '/readyz']) app.all(path, refuseMethod('GET, HEAD'))
}

function addMetrics(
  app: Hono<Environment>,
  { registry, text }: Pick<Metrics, 'registry' | 'text'>,
): void {
  app.get('/metrics', async (c) =>
    c.body(await text(), 200, { 'content-type': registry.contentType }),
  )
  app.all('/metrics', refuseMethod('GET, HEAD'))
}

function toPublic({ name, reason }: Problem): Problem {
  return { name, reason: publicReason(reason) }
}

function respondError(thrown: unknown, c: Context<Environment>): Response {
  const call = c.get('call')
  const error = toConnectError(thrown, call.requestId)
  call.code = error.code
  call.error = toLoggedError(error)
  return toRestError(error, c.req.header('accept'))
}

/**
 * An RPC that does not exist is `UNIMPLEMENTED`: for gRPC in headers of its own, for the others as
 * HTTP 404.
 */
function respondNotFound(c: Context<Environment>, errorDomain: string | undefined): Response {
  const call = c.get('call')
  if (c.req.method === 'OPTIONS' && c.req.path === '/') {
    // The default health check of HAProxy, for a service without a page.
    call.method = 'OPTIONS /'
    return c.body(null, 204, { allow: 'OPTIONS' })
  }
  const text = `${c.req.method} ${c.req.path} is not served here`
  const error = withReason(new ConnectError(text, Code.Unimplemented), 'METHOD_UNKNOWN')
  call.method = 'unknown'
  return refuseCall(c, describeError(error, errorDomain), { http: 404, grpc: 200 })
}
