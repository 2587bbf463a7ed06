import manifest from '../../../package.json' with { type: 'json' }
import type { Instance, NewInstance } from '../port.ts'

/**
 * How Consul checks an instance: `grpc` calls `grpc.health.v1` on its port, `ttl` expects regular
 * reports from it.
 */
export type ConsulCheck = 'grpc' | 'ttl'

/** Options of registering instances in Consul. */
export interface ConsulServiceOptions {
  /** Prefix of the service's name. */
  readonly prefix: string
  /** Host that others reach the instance at. Default: the host of its URL. */
  readonly advertise?: string | undefined
  readonly check: ConsulCheck
  /** Interval of checks, in milliseconds. Consul uses at least a second. */
  readonly checkIntervalMs: number
  /**
   * Time after which Consul removes an instance whose checks fail, in milliseconds. Consul uses at
   * least a minute.
   */
  readonly deregisterAfterMs: number
}

/** Registration in the terms of the `consul` package. */
export type ConsulService = ReturnType<typeof toConsulService>

/** Protocols of a service's port, for the service's metadata. */
const protocols = 'grpc,grpc-web,connect,rest'
/** Timeout of a check, in milliseconds. */
const checkTimeoutMs = 2_000
/** Number of intervals without a report after which a TTL check fails. */
const missedIntervalsMax = 3

/** Returns the name of a service in Consul. */
export function serviceName(prefix: string, service: string): string {
  return `${prefix}${service}`
}

/**
 * Describes an instance to Consul. The id is made of name and address, so that an instance that
 * restarts after a crash replaces its former registration.
 */
export function toConsulService(instance: NewInstance, options: ConsulServiceOptions) {
  const { service, healthName } = instance
  const listening = new URL(instance.url)
  const name = serviceName(options.prefix, service)
  const address = options.advertise ?? withoutBrackets(listening.hostname)
  const isSecure = listening.protocol === 'https:'
  const port = Number(listening.port || (isSecure ? 443 : 80))
  const id = `${name}-${address}-${port}`
  const shared = {
    checkid: `service:${id}`,
    timeout: `${checkTimeoutMs}ms`,
    deregistercriticalserviceafter: `${options.deregisterAfterMs}ms`,
  }
  const intervalMs = options.checkIntervalMs
  const check =
    options.check === 'ttl'
      ? { ...shared, name: 'heartbeat', ttl: `${intervalMs * missedIntervalsMax}ms` }
      : {
          ...shared,
          name: 'grpc.health.v1',
          grpc: `${withBrackets(address)}:${port}${healthName ? `/${healthName}` : ''}`,
          grpcusetls: isSecure,
          // The check asks only whether the instance is alive. Callers verify its certificate.
          ...(isSecure && { tlsskipverify: true }),
          interval: `${intervalMs}ms`,
        }
  const meta = { version: manifest.version, protocols, ...(isSecure && { scheme: 'https' }) }
  return { id, name, address, port, meta, check }
}

/**
 * Parses the response of `/v1/health/service`. Throws when it is not a list.
 * @param onUnusable Called for each entry without a valid id or address. The entry is left out.
 */
export function parseInstances(body: unknown, onUnusable: (error: Error) => void): Instance[] {
  if (!Array.isArray(body)) throw new Error('the response is not a list of services')
  return body.flatMap((entry) => {
    const instance = parseEntry(entry)
    if (instance instanceof Error) onUnusable(instance)
    return instance instanceof Error || instance === undefined ? [] : [instance]
  })
}

/** Returns `undefined` for a service without a port, which cannot be called. */
function parseEntry(entry: unknown): Instance | Error | undefined {
  const { Node, Service } = Object(entry) as Partial<Record<'Node' | 'Service', unknown>>
  const { Node: node, Address: nodeAddress } = Object(Node) as Record<string, unknown>
  const { ID, Address, Port, Meta } = Object(Service) as Record<string, unknown>
  const address = Address || nodeAddress
  const isWhole = typeof node === 'string' && typeof ID === 'string' && typeof address === 'string'
  if (!isWhole || typeof Port !== 'number') {
    return new Error('a service in Consul has no id, address or port')
  }
  if (Port === 0) return undefined
  const id = `${node}/${ID}`
  const scheme = Object(Meta).scheme === 'https' ? 'https' : 'http'
  const url = `${scheme}://${withBrackets(address)}:${Port}`
  const parsed = URL.parse(url)
  const isAddress = parsed !== null && parsed.href === `${parsed.origin}/`
  return isAddress ? { id, url } : new Error(`${id} has the invalid address ${url}`)
}

function withBrackets(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
