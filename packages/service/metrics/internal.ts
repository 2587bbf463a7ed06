/** RPCs that every service has, and those of the page `/system`. */
const rpcs = /^(?:system\.v1|grpc\.(?:health|reflection)\.v1(?:alpha)?)\.\w+\//
/** Probes, metrics and descriptions, and the REST routes of the same RPCs. */
const routes =
  /^[A-Z]+ \/(?:livez|readyz|metrics|openapi\.json|v1\/(?:activity|system|calls|deadLetters))\b/
/** The default health check of HAProxy. */
const proxyCheck = 'OPTIONS /'

/** Returns whether a method is one by which the system looks after itself. */
export function isInternal(method: string): boolean {
  return rpcs.test(method) || routes.test(method) || method === proxyCheck
}
