import type { DescMethod } from '@bufbuild/protobuf'
import {
  createWires,
  timeoutOf,
  type Wire,
  type Wires,
  wireOf,
} from '@marquee/connect-hono/wire/wire'
import { Gate } from '@marquee/http/admission/gate'
import { type AdmissionLimits, admissionLimits } from '@marquee/http/admission/limits'
import type { Admission, CallReader, Route } from '@marquee/http/admission/port'
import type { Exchange } from '@marquee/http/exchange'
import { headerOf } from '@marquee/http/header-list'
import type { Logger } from 'pino'
import { createRefusalReport, measureAdmission } from './admission-report.ts'
import type { Metrics } from './metrics/metrics.ts'
import { createRefusals } from './refusals.ts'

/** Registry of the RPCs of an app. */
export interface RpcPaths {
  /** @param path `/rating.v1.RatingService/PutRating`, with the prefix of a gateway. */
  addRpc(path: string, method: DescMethod): void
  /** @param find Returns the RPC of a REST request. */
  addRoutes(find: (method: string, target: string) => DescMethod | undefined): void
}

/** Admission of a service's calls. */
export interface ServiceAdmission extends Admission, RpcPaths {}

export interface ServiceAdmissionOptions {
  readonly log: Logger
  readonly metrics: Metrics
  readonly limits?: Partial<AdmissionLimits> | undefined
  /** Origins of the pages whose scripts may read a refusal. */
  readonly corsOrigins?: readonly string[] | undefined
}

/** Paths of health checks and metrics. */
const probePaths = [
  '/livez',
  '/readyz',
  '/metrics',
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/List',
]

/** Creates the admission of an app's calls by all protocols: see `Gate`. */
export function createServiceAdmission(options: ServiceAdmissionOptions): ServiceAdmission {
  const { log, metrics } = options
  const wires = createWires({})
  const routes = createRoutes()
  const sendRefusal = createRefusals(wires, options.corsOrigins ?? [])
  const report = createRefusalReport({ log, metrics })
  const calls: CallReader = {
    route: routes.find,
    callerOf: ({ connection }) => connection,
    timeoutMs: (exchange) =>
      timeoutOf(wireOfRequest(wires, exchange), {
        header: (name) => headerOf(exchange.headers, name),
      }),
    refuse(exchange, route, reason, waitedMs) {
      const wire = wireOfRequest(wires, exchange)
      const protocol = routes.isRest(route) ? 'rest' : (wire?.protocol ?? 'connect')
      report(protocol, route.name, reason, waitedMs)
      sendRefusal(exchange, wire, reason)
    },
  }
  const gate = new Gate({ limits: { ...admissionLimits, ...options.limits }, calls })
  measureAdmission(metrics, gate)
  return { open: (start) => gate.open(start), addRpc: routes.addRpc, addRoutes: routes.addRoutes }
}

function createRoutes() {
  const routes = new Map<string, Route>()
  /** Routes of RPCs by REST, which share nothing with the routes of their other protocols. */
  const restRoutes = new Map<DescMethod, Route>()
  const rests = new Set<Route>()
  let findRest: Parameters<RpcPaths['addRoutes']>[0] = () => undefined
  const other = createRoute('unknown', 'unary', false)
  for (const path of probePaths) routes.set(path, createRoute(path.slice(1), 'probe', false))
  function restRouteOf(method: DescMethod): Route {
    const route = restRoutes.get(method) ?? routeOf(method)
    restRoutes.set(method, route)
    rests.add(route)
    return route
  }
  return {
    isRest: (route: Route) => route === other || rests.has(route),
    addRpc(path: string, method: DescMethod): void {
      if (!routes.has(path)) routes.set(path, routeOf(method))
    },
    addRoutes(find: typeof findRest): void {
      findRest = find
    },
    find({ method, target }: Exchange): Route {
      const route = routes.get(target)
      if (route !== undefined) return route
      const end = target.indexOf('?')
      const known = end < 0 ? undefined : routes.get(target.slice(0, end))
      if (known !== undefined) return known
      const rpc = findRest(method, target)
      return rpc === undefined ? other : restRouteOf(rpc)
    },
  }
}

function routeOf({ parent, name, methodKind }: DescMethod): Route {
  const kind = methodKind === 'unary' ? 'unary' : 'stream'
  return createRoute(`${parent.typeName}/${name}`, kind, kind === 'unary')
}

function createRoute(name: string, kind: Route['kind'], isMeasured: boolean): Route {
  return { name, kind, isMeasured, baselineMs: 0, isBrief: false }
}

/** Returns the protocol of a request. A GET has no content type, and is refused as JSON. */
function wireOfRequest(wires: Wires, { method, headers }: Exchange): Wire | undefined {
  if (method === 'GET') return wireOf(wires, 'application/json')
  return wireOf(wires, headerOf(headers, 'content-type') ?? '', headerOf(headers, 'accept'))
}
