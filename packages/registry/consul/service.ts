import manifest from '../../../package.json' with { type: 'json' }
import type { Instance, NewInstance } from '../port.ts'

/** How Consul checks an instance: by calling `grpc.health.v1` on its port, or by hearing from it. */
export type ConsulCheck = 'grpc' | 'ttl'

/** How Consul is told of an instance. */
export interface ConsulServiceOptions {
  /** Put before the service's name. */
  readonly prefix: string
  /** The host that others reach the instance by; that of its URL when undefined. */
  readonly advertise?: string | undefined
  readonly check: ConsulCheck
  /** How often it is checked, in milliseconds. Consul makes it at least a second. */
  readonly checkIntervalMs: number
  /** After how long a critical instance is forgotten, in milliseconds. Consul makes it at least a minute. */
  readonly deregisterAfterMs: number
}

/** What the package is given to register. */
export type ConsulService = ReturnType<typeof toConsulService>

/** What the port of a service speaks. */
const protocols = 'grpc,grpc-web,connect,rest'
/** How long a check may take, in milliseconds. */
const checkTimeoutMs = 2_000
/** A TTL check fails when it was not heard for so many of its intervals. */
const missedIntervalsMax = 3

/** The name under which a service is found in Consul. */
export function serviceName(prefix: string, service: string): string {
  return `${prefix}${service}`
}

/**
 * Describes an instance to Consul. Its id is that of its name and address, so that one that was killed and starts again
 * takes its own place.
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
      ? { ...shared, name: 'heard of', ttl: `${intervalMs * missedIntervalsMax}ms` }
      : {
          ...shared,
          name: 'grpc.health.v1',
          grpc: `${withBrackets(address)}:${port}${healthName ? `/${healthName}` : ''}`,
          grpcusetls: isSecure,
          // It asks whether the instance is alive; who the instance is, those who call it verify.
          ...(isSecure && { tlsskipverify: true }),
          interval: `${intervalMs}ms`,
        }
  const meta = { version: manifest.version, protocols, ...(isSecure && { scheme: 'https' }) }
  return { id, name, address, port, meta, check }
}

/**
 * Reads the answer of `/v1/health/service`. Throws when it is not one.
 * @param onUnusable told of each entry that says of no instance where it is; it is left out.
 */
export function parseInstances(body: unknown, onUnusable: (error: Error) => void): Instance[] {
  if (!Array.isArray(body)) throw new Error('the answer is not a list of services')
  return body.flatMap((entry) => {
    const instance = parseEntry(entry)
    if (instance instanceof Error) onUnusable(instance)
    return instance instanceof Error || instance === undefined ? [] : [instance]
  })
}

/** One that listens on no port cannot be called. */
function parseEntry(entry: unknown): Instance | Error | undefined {
  const { Node, Service } = Object(entry) as Partial<Record<'Node' | 'Service', unknown>>
  const { Node: node, Address: nodeAddress } = Object(Node) as Record<string, unknown>
  const { ID, Address, Port, Meta } = Object(Service) as Record<string, unknown>
  const address = Address || nodeAddress
  const isWhole = typeof node === 'string' && typeof ID === 'string' && typeof address === 'string'
  if (!isWhole || typeof Port !== 'number') return new Error('a service lacks its id or address')
  if (Port === 0) return undefined
  const id = `${node}/${ID}`
  const scheme = Object(Meta).scheme === 'https' ? 'https' : 'http'
  const url = `${scheme}://${withBrackets(address)}:${Port}`
  const parsed = URL.parse(url)
  const isAddress = parsed !== null && parsed.href === `${parsed.origin}/`
  return isAddress ? { id, url } : new Error(`${id} cannot be at ${url}`)
}

function withBrackets(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
