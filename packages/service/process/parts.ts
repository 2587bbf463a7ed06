import type { MemoryBudget } from '@marquee/http/memory/budget'
import { openHostCheck } from '@marquee/http/server/host-check'
import type { FetchApp } from '@marquee/http/server/port'
import { type Server, serve } from '@marquee/http/server/serve'
import type { Registry } from '@marquee/registry/port'
import { createServiceAdmission } from '../admission.ts'
import type { TokenVerifier, TokenVerifierOptions } from '../auth/token-verifier.ts'
import type { ServiceOptions } from '../flags/service.ts'
import { openRateLimits } from '../limits/open.ts'
import { createAccessLog } from '../logs/access-log.ts'
import { measureConnections } from '../metrics/connections.ts'
import { measureMemory } from '../metrics/memory.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { measureProcess } from '../metrics/process.ts'
import { measureRateLimits } from '../metrics/rate-limits.ts'
import { measureRegistry } from '../metrics/registry.ts'
import { createCallTracing } from '../telemetry/call-tracing.ts'
import { openTracing } from '../telemetry/open.ts'
import { withWorkers } from '../workers/health.ts'
import { createHealth } from './health.ts'
import { logReadiness } from './readiness.ts'
import type { Running } from './run.ts'
import { followTlsFiles } from './tls-files.ts'

/** The parts that every service's app stands on, as its `main.ts` needs them. */
export type ServiceParts = Awaited<ReturnType<typeof createServiceParts>>

/** @param name the service's short name, as in the registry: `rating`. */
export async function createServiceParts(
  name: string,
  { log, draining, connections, workers, use }: Running,
  options: ServiceOptions,
  registry: Registry,
  memory: MemoryBudget,
) {
  const metrics = createMetrics(workers)
  measureRegistry(metrics, registry)
  measureConnections(metrics, connections)
  measureMemory(metrics, memory)
  use(await measureProcess(metrics))
  const { corsOrigins, corsHeaders, admissionLimits, rpcLimits: limits } = options
  const { trustedProxies, forwardedHeader, rates } = options
  const admission = createServiceAdmission({ log, metrics, limits: admissionLimits, corsOrigins })
  const hosts = await openHostCheck(options)
  const own = createHealth(draining)
  use(workers.share(own))
  const health = withWorkers(own, workers)
  health.note('workers', workers.notice)
  const rateLimits = rates && (await openRateLimits(rates))
  if (rateLimits) measureRateLimits(metrics, rateLimits)
  const logAccess = createAccessLog(log)
  const traces = await openTracing(name, options.tracing, log)
  const tracing = traces && createCallTracing(use(traces), options.tracing.incoming)
  const {
    closed,
    admin,
    auth: { tokens },
  } = options
  const onWarning = (message: string) => log.warn(message)
  const verifier = tokens && use(await openTokenVerifier({ ...tokens, onWarning }))
  const hasAdminPort = admin !== undefined
  const auth = verifier || hasAdminPort ? { verifier, hasAdminPort } : undefined
  return {
    ...{ log, logAccess, metrics, health, limits, corsOrigins, corsHeaders },
    ...{ trustedProxies, forwardedHeader, rateLimits },
    ...{ hosts, admission, auth, closed, traces, tracing, workers },
  }
}

/** Creates a verifier. Its library is loaded only here. */
async function openTokenVerifier(options: TokenVerifierOptions): Promise<TokenVerifier> {
  const { createTokenVerifier } = await import('../auth/token-verifier.ts')
  return createTokenVerifier(options)
}

/** Listens for an app's calls, and logs its readiness from now on. */
export async function listen(
  { use, log, connections, workers, onHangUp }: Running,
  { admission, health }: Pick<ServiceParts, 'admission' | 'health'>,
  options: ServiceOptions,
  memory: MemoryBudget,
  { name, app }: { name: string; app: Parameters<typeof serve>[0]['app'] },
): Promise<Server> {
  const shared = { connections, memory, log, sharesPort: workers.place !== undefined }
  const port = workers.place?.port ?? options.port
  const server = use(await serve({ ...options, ...shared, port, app, admission }))
  use(followTlsFiles({ tls: options.tls, server, onHangUp, log }))
  const admin = options.admin && {
    ...options.admin,
    port: workers.place?.adminPort ?? options.admin.port,
  }
  if (admin) await listenForOperators({ ...admin, ...shared }, { use, log }, app)
  use(logReadiness({ name, health, log }))
  return server
}

/** Listens at the admin port. */
async function listenForOperators(
  options: Omit<Parameters<typeof serve>[0], 'app'>,
  { use, log }: Pick<Running, 'use' | 'log'>,
  app: FetchApp,
): Promise<void> {
  const forOperators: FetchApp = {
    fetch: (request, env) => app.fetch(request, Object.assign(env, { isAdmin: true })),
  }
  const { url } = use(await serve({ ...options, app: forOperators }))
  log.info({ url }, 'the admin port is listening')
}

/**
 * Registers a service, once for all processes that share its port. Comes last, because a service
 * should be found only when it can respond.
 */
export async function announce(
  { use, log, workers }: Running,
  { health }: Pick<ServiceParts, 'health'>,
  registry: Registry,
  { name, healthName, url }: { name: string; healthName: string; url: string },
): Promise<void> {
  use(await workers.lead(() => registry.register({ service: name, url, health, healthName })))
  log.info({ url }, `${name} is listening`)
}
