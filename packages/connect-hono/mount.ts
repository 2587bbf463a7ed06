import type { Env, Hono } from 'hono'
import type { Environment } from './call.ts'
import { createCompressions, standardCompressions } from './compression/compression.ts'
import { rpcLimits } from './limits.ts'
import type { ConnectOptions } from './options.ts'
import { createOwnCalls } from './own-calls.ts'
import type { ResolvedOptions } from './resolved-options.ts'
import { createRpcRouter, type RpcRouter } from './router.ts'
import { mountRpc } from './rpc-route.ts'
import { createStreamQuota } from './stream-quota.ts'
import { createValidate } from './validation.ts'

/**
 * Mounts Connect services on a Hono app, for gRPC, gRPC-Web and Connect. gRPC needs HTTP/2 and
 * trailers, so `@marquee/http` has to serve the app. Under `app.fetch` alone the other protocols
 * work, and gRPC calls are refused with the reason. Throws a `TypeError` for options of an RPC that
 * are not supported.
 * @param routes registers the services, like a routes function for Connect's own adapters.
 */
export function mountConnect<E extends Env>(
  app: Hono<E>,
  routes: (router: RpcRouter) => unknown,
  options: ConnectOptions = {},
): void {
  const resolved = resolve(options)
  const { memoryWaitMs } = resolved.limits
  const ownCalls = createOwnCalls({ memoryWaitMs, onCallEnd: options.onCallEnd })
  const router = createRpcRouter(resolved, (rpc) => {
    options.onRpc?.(rpc.path, rpc.method, rpc)
    mountRpc(app as unknown as Hono<Environment>, rpc, ownCalls)
  })
  routes(router)
}

function resolve(options: ConnectOptions): ResolvedOptions {
  const limits = { ...rpcLimits, ...options.limits }
  return {
    limits,
    streams: options.streams ?? createStreamQuota({ limits }),
    validate: options.validate ?? createValidate(),
    compressions: createCompressions([...standardCompressions, ...(options.compressions ?? [])]),
    interceptors: options.interceptors ?? [],
    jsonOptions: options.jsonOptions ?? {},
    errorDomain: options.errorDomain,
    drain: options.drain,
  }
}
