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
      const protocol = route === routes.other ? 'rest' : (wire?.protocol ?? 'connect')
      report(protocol, route.name, reason, waitedMs)
      sendRefusal(exchange, wire, reason)
    },
  }
  const gate = new Gate({ limits: { ...admissionLimits, ...options.limits }, calls })
  measureAdmission(metrics, gate)
  return { open: (start) => gate.open(start), addRpc: routes.addRpc }
}

function createRoutes() {
  const routes = new Map<string, Route>()
  const other: Route = {
    name: 'unknown',
    kind: 'unary',
    isMeasured: false,
    baselineMs: 0,
    isBrief: false,
  }
  for (const path of probePaths) {
    routes.set(path, {
      name: path.slice(1),
      kind: 'probe',
      isMeasured: false,
      baselineMs: 0,
      isBrief: false,
    })
  }
  return {
    other,
    addRpc(path: string, { parent, name, methodKind }: DescMethod): void {
      if (routes.has(path)) return
      const kind = methodKind === 'unary' ? 'unary' : 'stream'
      routes.set(path, {
        name: `${parent.typeName}/${name}`,
        kind,
        isMeasured: kind === 'unary',
        baselineMs: 0,
        isBrief: false,
      })
    },
    find({ target }: Exchange): Route {
      const route = routes.get(target)
      if (route !== undefined) return route
      const end = target.indexOf('?')
      return (end < 0 ? undefined : routes.get(target.slice(0, end))) ?? other
    },
  }
}

/** Returns the protocol of a request. A GET has no content type, and is refused as JSON. */
function wireOfRequest(wires: Wires, { method, headers }: Exchange): Wire | undefined {
  const type = method === 'GET' ? 'application/json' : (headerOf(headers, 'content-type') ?? '')
  return wireOf(wires, type)
}
