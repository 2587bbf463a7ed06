import { lookup } from 'node:dns/promises'
import { hostOf } from '../authority.ts'

/** What a service is called by. */
export interface HostOptions {
  /** The address or name that it listens on. */
  readonly host: string
  /** The host by which others reach it. */
  readonly advertise: string
  /** Further names and addresses, or `*` for any. */
  readonly allowedHosts: readonly string[]
}

/**
 * Decides whether a request is meant for this service by the host that it names. Without it, any web page whose name
 * resolves to the address of the service could call it in its visitor's browser, as if it came from the same origin
 * (DNS rebinding).
 */
export interface HostCheck {
  /** @param authority `:authority` or `Host`; empty when the client named none, which no browser does. */
  accepts(authority: string): boolean
}

/** Authorities that were found to be good, so that each is looked at once. Only their ports and spelling vary. */
const knownMax = 100

/**
 * Opens the check of a service that listens on loopback, or that allows certain hosts only. Undefined for one that
 * listens elsewhere and allows all: who may reach it is the network's matter.
 */
export async function openHostCheck(options: HostOptions): Promise<HostCheck | undefined> {
  const { host, advertise, allowedHosts } = options
  if (allowedHosts.includes('*')) return undefined
  if (allowedHosts.length === 0 && !(await isLoopbackOnly(host))) return undefined
  return createHostCheck([host, advertise, ...allowedHosts])
}

/** @param names hosts to accept beside those of loopback, at any port. */
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

/** 127.0.0.0/8, ::1, the former as the latter, and `localhost`, whose subdomains browsers resolve so too (RFC 6761 §6.3). */
const loopback =
  /^(?:127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]+\]|(?:.+\.)?localhost)$/

function isLoopback(host: string): boolean {
  return loopback.test(host)
}

/** Whether only this machine reaches what listens on the host. One that does not resolve cannot be listened on. */
async function isLoopbackOnly(host: string): Promise<boolean> {
  if (isLoopback(hostOf(withBrackets(host)) ?? '')) return true
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.every(({ address }) => isLoopback(hostOf(withBrackets(address)) ?? ''))
}

function withBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
