import { lookup } from 'node:dns/promises'
import { hostOf } from '../authority.ts'

/** The hosts of a service. */
export interface HostOptions {
  /** Address or name that the service listens on. */
  readonly host: string
  /** Host by which others reach the service. */
  readonly advertise: string
  /** Further names and addresses, or `*` for any. */
  readonly allowedHosts: readonly string[]
}

/**
 * Decides by the host in a request whether the request is meant for this service. Otherwise any web
 * page whose name resolves to the address of the service could call it from its visitor's browser,
 * as if it came from the same origin (DNS rebinding).
 */
export interface HostCheck {
  /**
   * @param authority `:authority` or `Host`. Empty when the client sent none, which no browser
   *   does.
   */
  accepts(authority: string): boolean
}

/** Maximum number of accepted authorities that are cached. Only their ports and spelling vary. */
const knownMax = 100

/**
 * Creates the check for a service that listens on loopback, or that has a list of allowed hosts.
 * Returns `undefined` for a service that listens elsewhere and allows all hosts: the network
 * decides then.
 */
export async function openHostCheck(options: HostOptions): Promise<HostCheck | undefined> {
  const { host, advertise, allowedHosts } = options
  if (allowedHosts.includes('*')) return undefined
  if (allowedHosts.length === 0 && !(await isLoopbackOnly(host))) return undefined
  return createHostCheck([host, advertise, ...allowedHosts])
}

/** @param names Hosts to accept, at any port, besides those of loopback. */
export function createHostCheck(names: readonly string[]): HostCheck {
  const accepted = new Set(names.map((name) => hostOf(withBrackets(name))))
  accepted.delete(undefined)
  const known = new Set<string>()
  return {
    accepts(authority) {
      if (known.has(authority) || authority === '') return true
      const host = hostOf(authority)
      if (host === undefined || !(isLoopback(host) || accepted.has(host))) return false
      if (known.size >= knownMax) known.clear()
      known.add(authority)
      return true
    },
  }
}

/**
 * 127.0.0.0/8, ::1, IPv4-mapped 127.0.0.0/8, and `localhost` with its subdomains, which browsers
 * resolve to loopback (RFC 6761 §6.3).
 */
const loopback =
  /^(?:127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]+\]|(?:.+\.)?localhost)$/

function isLoopback(host: string): boolean {
  return loopback.test(host)
}

/**
 * Returns whether only this machine can reach a listener on the host. True when the host does not
 * resolve, because nothing can listen on it.
 */
async function isLoopbackOnly(host: string): Promise<boolean> {
  if (isLoopback(hostOf(withBrackets(host)) ?? '')) return true
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.every(({ address }) => isLoopback(hostOf(withBrackets(address)) ?? ''))
}

function withBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
