import { type Client, createClient, type Interceptor, type Transport } from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import type { RpcLimits } from '@marquee/connect-hono/limits'
import { mountConnect } from '@marquee/connect-hono/mount'
import { createHttp2Context } from '@marquee/grpc-transport/connection'
import { createSessionPool, streamBounds } from '@marquee/grpc-transport/pool/session-pool'
import { serve } from '@marquee/http/server/serve'
import { createApp } from '@marquee/service/app'
import { addForwarding } from '@marquee/service/gateway/routes'
import { openUpstream } from '@marquee/service/gateway/upstream'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { pino } from 'pino'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createGrpcTransport } from '../grpc-transport/transport.ts'
import { createStaticRegistry } from '../registry/static/static.ts'
import type { GatewayLimits } from '../service/gateway/limits.ts'
import type { Rating } from './rating-calls.ts'
import { textFetch } from './text-fetch.ts'

/** Path of the rating service in the gateway. */
export const ratingPath = '/services/rating'

export const gatewayProtocols = ['connect', 'grpc-web', 'grpc-web-text', 'grpc'] as const
export type GatewayProtocol = (typeof gatewayProtocols)[number]

export interface LoggedCall {
  /** Level of pino. 50 is an error. */
  readonly level: number
  readonly requestId: string
  readonly method: string
  readonly protocol: string
  readonly code: string
  /** Reason of a failure. */
  readonly reason?: string
}

/** A server with the calls that it received. */
export interface Listening extends AsyncDisposable {
  readonly url: string
  /** Calls that have ended. */
  readonly calls: readonly LoggedCall[]
  /** Ends all response streams, as a process does before it stops. */
  drain(): void
}

export interface InstanceOptions {
  /** Default: any free port. */
  readonly port?: number
  /**
   * Time for calls to end when the server stops, in milliseconds. Default: 1, as when the process
   * is killed.
   */
  readonly drainTimeoutMs?: number
  readonly limits?: Partial<RpcLimits>
}

/** Starts an instance of the rating service. Disposing stops it. */
export async function startInstance(
  implementation: Rating,
  { port = 0, drainTimeoutMs = 1, limits = {} }: InstanceOptions = {},
): Promise<Listening> {
  const { base, ...service } = createBase()
  const app = createApp('rating', { ...base, limits })
  mountConnect(
    app,
    (router) => router.service(RatingService, implementation, { repeatsState: true }),
    app.rpcOptions,
  )
  const server = await serve({ app, port, log: base.log, limits: { drainTimeoutMs } })
  return { ...service, url: server.url, [Symbol.asyncDispose]: () => server.close() }
}

/** A service with a gateway to instances of rating, and clients of it. */
export interface Gateway extends Listening {
  rating(protocol: GatewayProtocol, options?: ClientOptions): Client<typeof RatingService>
  transport(protocol: GatewayProtocol, options?: ClientOptions): Transport
}

export interface ClientOptions {
  readonly useHttpGet?: boolean
  readonly interceptors?: readonly Interceptor[]
}

/** Transports to a server by every protocol. Disposing closes the connections of gRPC. */
export interface Transports extends Disposable {
  transport(protocol: GatewayProtocol, options?: ClientOptions): Transport
}

/** @param baseUrl URL before the path of each RPC. */
export function openTransports(baseUrl: string): Transports {
  const { origin } = new URL(baseUrl)
  const sessions = createSessionPool(origin, { context: createHttp2Context() }, streamBounds)
  return {
    transport(protocol, { interceptors = [], useHttpGet = false } = {}) {
      const options = { baseUrl, interceptors: [...interceptors] }
      const transports: Record<GatewayProtocol, () => Transport> = {
        connect: () => createConnectTransport({ ...options, useHttpGet }),
        'grpc-web': () => createGrpcWebTransport(options),
        'grpc-web-text': () => createGrpcWebTransport({ ...options, fetch: textFetch }),
        grpc: () => createGrpcTransport(baseUrl, sessions, options),
      }
      return transports[protocol]()
    },
    [Symbol.dispose]: () => sessions.close(),
  }
}

export async function startGateway(
  urls: readonly string[],
  limits: Partial<GatewayLimits> = {},
  rpcLimits: Partial<RpcLimits> = {},
): Promise<Gateway> {
  const { base, ...service } = createBase()
  await using resources = new AsyncDisposableStack()
  const registry = createStaticRegistry({ addresses: { rating: urls } })
  const upstream = resources.use(await openUpstream(registry, 'rating'))
  const drain = base.health.draining
  const app = createApp('gateway', { ...base, limits: rpcLimits })
  addForwarding(app, {
    path: ratingPath,
    service: 'rating',
    upstream,
    services: [RatingService],
    drain,
    streams: app.rpcOptions.streams,
    errorDomain: app.rpcOptions.errorDomain,
    limits,
  })
  const server = resources.use(
    await serve({ app, port: 0, log: base.log, limits: { drainTimeoutMs: 1 } }),
  )
  const { transport } = resources.use(openTransports(server.url + ratingPath))
  const kept = resources.move()
  return {
    ...service,
    url: server.url,
    transport,
    rating: (protocol, options) => createClient(RatingService, transport(protocol, options)),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function createBase() {
  const calls: LoggedCall[] = []
  const draining = new AbortController()
  const log = pino({}, { write: (line: string) => void calls.push(JSON.parse(line)) })
  const base = { log, metrics: createMetrics(), health: createHealth(draining.signal) }
  return { base, calls, drain: () => draining.abort(new ShutdownError()) }
}
