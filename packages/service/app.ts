import type { DescService } from '@bufbuild/protobuf'
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import type { Environment } from '@marquee/connect-hono/call'
import type { Compression } from '@marquee/connect-hono/compression'
import { toConnectError, toLoggedError, toRestError } from '@marquee/connect-hono/errors/errors'
import { refuseCall } from '@marquee/connect-hono/errors/refuse-call'
import { Health as HealthService } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { addHealth } from '@marquee/connect-hono/health'
import { type RpcLimits, rpcLimits } from '@marquee/connect-hono/limits'
import { mountConnect } from '@marquee/connect-hono/mount'
import { pathOf } from '@marquee/connect-hono/path'
import { addReflection } from '@marquee/connect-hono/reflection'
import type { RpcRouter } from '@marquee/connect-hono/router'
import { createStreamQuota, type StreamQuota } from '@marquee/connect-hono/stream-quota'
import { createOwnTimeouts, createTimeouts } from '@marquee/connect-hono/timeouts'
import { createValidate, type Validate } from '@marquee/connect-hono/validation'
import type { AddressList } from '@marquee/http/server/address-list'
import type { HostCheck } from '@marquee/http/server/host-check'
import { type Context, Hono } from 'hono'
import { ActivityService } from '../../gen/system/v1/system_pb.ts'
import { type ActivityDetails, addActivity } from './activity.ts'
import type { RpcPaths } from './admission.ts'
import { allowOrigins } from './cors.ts'
import type { LogAccess } from './logs/access-log.ts'
import type { CallLog } from './logs/call-log.ts'
import { publicReason } from './logs/public-reason.ts'
import type { CallCounts } from './metrics/call-metrics.ts'
import type { Metrics } from './metrics/metrics.ts'
import { observe } from './observe.ts'
import type { Health, Problem } from './process/health.ts'
import { answerHead, conditionalGet } from './rest/conditional.ts'
import { createRestCall, type RestCall, refuseMethod } from './rest/rest.ts'

/** What every service's app stands on. */
export interface ServiceAppBase {
  readonly log: CallLog
  /** Writes the line of a call that succeeded. Default: `log.info`. */
  readonly logAccess?: LogAccess
  /** Without a registry there is no `/metrics`. */
  readonly metrics: CallCounts & Partial<Metrics>
  readonly health: Health
  /**
   * Whether calls share timers, watches and calls of other services. Default: true. On Workers all of these belong to
   * the request that made them, and end with it.
   */
  readonly callsShare?: boolean
  readonly limits?: Partial<RpcLimits>
  /** Origins of the pages whose scripts may call; none unless told. */
  readonly corsOrigins?: readonly string[]
  /** Refuses requests to other hosts, before anything else is done with them; all are accepted by default. */
  readonly hosts?: HostCheck | undefined
  /** Proxies whose `X-Forwarded-For` says who the client is. Default: none. */
  readonly trustedProxies?: AddressList | undefined
  /** Gets the paths of the RPCs, where calls are admitted before the app sees them. */
  readonly admission?: RpcPaths
}

/** What a service mounts itself with. */
export interface Mounting {
  /** Takes the implementations of RPCs. */
  readonly router: RpcRouter
  /** Takes REST routes. */
  readonly app: Hono<Environment>
  /** Runs an RPC for a REST route. */
  readonly call: RestCall
  readonly validate: Validate
  readonly limits: RpcLimits
  /** Counts the streams of the app. */
  readonly streams: StreamQuota
}

export interface ServiceAppOptions extends ServiceAppBase {
  /** The service's short name, as in the registry: `rating`. */
  readonly name: string
  /** The services that the app serves, for reflection and health. */
  readonly services: readonly DescService[]
  /** What the service tells of its activity beside its calls and problems. */
  readonly activityDetails?: () => ActivityDetails
  /** Run around every handler of an RPC, once its request was found valid. */
  readonly interceptors?: readonly Interceptor[]
  /** Taken and sent beside gzip, Brotli and Zstandard. */
  readonly compressions?: readonly Compression[]
  /** Registers the services' implementations, and their REST routes. */
  mount(mounting: Mounting): void
}

/**
 * The app that every service is: its RPCs by all protocols, its REST routes, reflection, health, its activity,
 * `/livez`, `/readyz` and `/metrics`. It needs no port of ours: `app.fetch` alone answers all but gRPC.
 */
export function createServiceApp(options: ServiceAppOptions): Hono<Environment> {
  const { name, log, logAccess, metrics, health, activityDetails } = options
  const { hosts, callsShare = true } = options
  const timeouts = callsShare ? createTimeouts() : createOwnTimeouts()
  const services = [...options.services, ActivityService]
  const limits = { ...rpcLimits, ...options.limits }
  const validate = createValidate()
  const app = new Hono<Environment>({ getPath: pathOf })
  const { memoryWaitMs } = limits
  app.use(observe({ log, logAccess, metrics, timeouts, hosts, memoryWaitMs }))
  if (options.corsOrigins?.length) app.use(allowOrigins(options.corsOrigins))
  // Those of HEAD are among them.
  app.get('*', answerHead, conditionalGet)
  app.onError(answerError)
  app.notFound(answerNotFound)

  const streams = createStreamQuota({ limits, trustedProxies: options.trustedProxies })
  const { interceptors = [], compressions = [], admission } = options
  mountConnect(
    app,
    (router) => {
      const call = createRestCall(validate, limits)
      options.mount({ router, app, call, validate, limits, streams })
      addActivity(router, { service: name, metrics, health, details: activityDetails })
      addReflection(router, [...services, HealthService])
      addHealth(router, health, services)
    },
    {
      ...{ limits, streams, validate, interceptors, compressions },
      drain: health.draining,
      onRpc: (path, method) => admission?.addRpc(path, method),
    },
  )
  addProbes(app, health)
  if (metrics.registry) addMetrics(app, metrics.registry)
  return app
}

function addProbes(app: Hono<Environment>, health: Health): void {
  const answer = (
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
  app.get('/livez', (c) => answer(c, health.problems('life')))
  app.get('/readyz', (c) => answer(c, health.problems(), health.notes()))
  for (const path of ['/livez', '/readyz']) app.all(path, refuseMethod('GET, HEAD'))
  // What HAProxy asks unless it is told what to ask. A service with a page has answered before.
  app.options('/', (c) => c.body(null, 204, { allow: 'OPTIONS' }))
}

function addMetrics(app: Hono<Environment>, registry: Metrics['registry']): void {
  app.get('/metrics', async (c) =>
    c.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  )
  app.all('/metrics', refuseMethod('GET, HEAD'))
}

function toPublic({ name, reason }: Problem): Problem {
  return { name, reason: publicReason(reason) }
}

function answerError(thrown: unknown, c: Context<Environment>): Response {
  const call = c.get('call')
  const error = toConnectError(thrown, call.requestId)
  call.code = error.code
  call.error = toLoggedError(error)
  return toRestError(error)
}

/** An RPC that does not exist is `UNIMPLEMENTED`: for gRPC in headers of its own, for the others as HTTP 404. */
function answerNotFound(c: Context<Environment>): Response {
  const call = c.get('call')
  const text = `${c.req.method} ${c.req.path} is not served here`
  const error = new ConnectError(text, Code.Unimplemented)
  call.method = 'unknown'
  return refuseCall(c, error, { http: 404, grpc: 200 })
}
