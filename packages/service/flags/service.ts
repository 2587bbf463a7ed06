import { isatty } from 'node:tty'
import { type AdmissionLimits, admissionLimits } from '@marquee/http/admission/limits'
import type { HostOptions } from '@marquee/http/server/host-check'
import { type Closable, closables } from '../closed.ts'
import type { LogOptions } from '../logs/log.ts'
import { advertisedHost } from '../process/advertise.ts'
import { type AdminAddress, type AuthOptions, readAdmin, readAuthOptions } from './auth.ts'
import type { Flags } from './flags.ts'
import { readMemoryBudget } from './memory.ts'
import { readTls, type TlsFileOptions } from './tls.ts'
import { readTracingOptions, type TracingOptions } from './tracing.ts'
import { readTrafficOptions, type TrafficOptions } from './traffic.ts'
import { readWorkers } from './workers.ts'

/** Options of every service. */
export interface ServiceOptions extends TrafficOptions, HostOptions {
  readonly port: number
  /** Number of processes that share the port. */
  readonly workers: number
  readonly log: LogOptions
  /** Origins of the pages whose scripts may call the service. */
  readonly corsOrigins: readonly string[]
  /** Further headers that calls of these pages may have. */
  readonly corsHeaders: readonly string[]
  readonly auth: AuthOptions
  /** Port for operators. Default: none, and their tokens are accepted at `port`. */
  readonly admin?: AdminAddress
  /** Parts that the service does not offer. Default: none. */
  readonly closed: ReadonlySet<Closable>
  /** Limits of admission. */
  readonly admissionLimits: Partial<AdmissionLimits>
  /** Memory that the requests of all clients of one process may hold, in bytes. */
  readonly memoryBytesMax: number
  readonly tracing: TracingOptions
  /** TLS, on the same port as cleartext. Default: no TLS. */
  readonly tls?: TlsFileOptions
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const formats = ['json', 'pretty'] as const

/**
 * Reads the flags that every service has.
 * @param streamsPerClientMax Default of `--streams-per-client-max`.
 */
export function readServiceOptions(
  flags: Flags,
  port: number,
  streamsPerClientMax?: number,
): ServiceOptions {
  const tls = readTls(flags)
  const workers = readWorkers(flags)
  const hosts = readHosts(flags)
  const admin = readAdmin(flags)
  const ownPort = readPort(flags, 'port', port)
  requireOtherPort(flags, admin, { host: hosts.host, port: ownPort })
  return {
    ...hosts,
    auth: readAuthOptions(flags, hosts.host),
    ...(admin && { admin }),
    closed: readClosed(flags),
    port: ownPort,
    workers,
    log: readLogOptions(flags, 'info'),
    ...readCors(flags),
    ...readTrafficOptions(flags, streamsPerClientMax),
    admissionLimits: readAdmissionLimits(flags),
    memoryBytesMax: readMemoryBudget(flags, workers),
    tracing: readTracingOptions(flags),
    ...(tls && { tls }),
  }
}

/** Refuses an admin port that is the port itself, which could not be listened on twice. */
function requireOtherPort(
  flags: Flags,
  admin: AdminAddress | undefined,
  { host, port }: { readonly host: string; readonly port: number },
): void {
  if (admin === undefined || port === 0 || admin.port !== port) return
  const hosts = [host, admin.host]
  if (host !== admin.host && !hosts.some((one) => allAddresses.has(one))) return
  flags.refuse(`--admin-port is ${port}, and so is --port: give operators a port of their own`)
}

/** Hosts that stand for every address of the machine. */
const allAddresses: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]'])

/** Reads what the service should not offer. */
export function readClosed(flags: Flags): ReadonlySet<Closable> {
  const names = flags.list({
    flag: 'closed',
    help: `what is not offered, separated by commas: ${closables.join(', ')}`,
  })
  for (const name of names) {
    if (closables.some((known) => known === name)) continue
    flags.refuse(`--closed has "${name}": give some of ${closables.join(', ')}`)
  }
  return new Set(names as Closable[])
}

/** Reads a port to listen on. */
export function readPort(flags: Flags, flag: string, port: number): number {
  return flags.integer({
    flag,
    help: 'the port to listen on; 0 for any that is free',
    default: port,
    min: 0,
    max: 65_535,
  })
}

/** Reads the address to listen on. By default, only this machine can call the service. */
function readHost(flags: Flags): string {
  return flags.text({
    flag: 'host',
    help: 'the address to listen on; 0.0.0.0 for all',
    default: '127.0.0.1',
  })
}

/** Reads the address to listen on, and the hosts by which clients call the service. */
export function readHosts(flags: Flags): HostOptions {
  const host = readHost(flags)
  const advertise = readAdvertise(flags, host)
  return { host, advertise, allowedHosts: readAllowedHosts(flags) }
}

function readAdvertise(flags: Flags, host: string): string {
  const text = flags.text({
    flag: 'advertise',
    help: 'the host by which others reach the service; by default --host',
    default: '',
  })
  if (text === '') return advertisedHost(host)
  const address = text.replace(/^\[(.*)\]$/, '$1')
  if (!isHost(address)) {
    flags.refuse(`--advertise is "${text}": give a host name or an address, without a port`)
  }
  return address
}

/** Reads further hosts that requests may name. */
function readAllowedHosts(flags: Flags): string[] {
  const text = flags.text({
    flag: 'allowed-hosts',
    help: 'further hosts that requests may name, separated by commas; * for any',
    default: '',
  })
  const names = text === '' ? [] : text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (name === '*' || isHost(name.replace(/^\[(.*)\]$/, '$1'))) continue
    flags.refuse(`--allowed-hosts has "${name}": give host names or addresses, without ports`)
  }
  return names
}

/** Returns whether the text is a host name or an address, and nothing else. */
function isHost(text: string): boolean {
  const host = text.includes(':') ? `[${text}]` : text
  const url = URL.parse(`http://${host}`)
  return url !== null && url.host === url.hostname && url.href === `${url.origin}/`
}

/** Reads the origins of pages that may call the service, and what their calls may have. */
export function readCors(flags: Flags): Pick<ServiceOptions, 'corsOrigins' | 'corsHeaders'> {
  return {
    corsOrigins: flags.origins({
      flag: 'cors-origins',
      help: 'origins of pages whose scripts may call the service, separated by commas',
      default: '',
    }),
    corsHeaders: flags.list({
      flag: 'cors-headers',
      help: 'further headers that calls of these pages may have, separated by commas',
    }),
  }
}

/** Reads the limits of admission. */
export function readAdmissionLimits(flags: Flags): Partial<AdmissionLimits> {
  return {
    patienceMs: flags.integer({
      flag: 'admission-patience-ms',
      help: 'time that calls may wait for their start before the service counts as overloaded',
      default: admissionLimits.patienceMs,
      min: 1,
      max: 60_000,
    }),
    waitMs: flags.integer({
      flag: 'admission-wait-ms',
      help: 'time that a call may wait for its start while the service is overloaded',
      default: admissionLimits.waitMs,
      min: 1,
      max: 10_000,
    }),
    waitingMax: flags.integer({
      flag: 'admission-waiting-max',
      help: 'calls that may wait for their start',
      default: admissionLimits.waitingMax,
      min: 1,
      max: 1_000_000,
    }),
    inFlightMax: flags.integer({
      flag: 'admission-in-flight-max',
      help: 'unary calls in flight; the adaptive limit stays below',
      default: admissionLimits.inFlightMax,
      min: admissionLimits.inFlightMin,
      max: 1_000_000,
    }),
    streamsMax: flags.integer({
      flag: 'admission-streams-max',
      help: 'open streams',
      default: admissionLimits.streamsMax,
      min: 1,
      max: 1_000_000,
    }),
  }
}

/** Reads the level and the format of the log. */
export function readLogOptions(flags: Flags, level: (typeof levels)[number]): LogOptions {
  return {
    level: flags.choice({
      flag: 'log-level',
      help: `the least severe level that is logged: ${levels.join(', ')}`,
      of: levels,
      default: level,
    }),
    format: flags.choice({
      flag: 'log-format',
      help: 'json for machines, pretty for people',
      of: formats,
      // `process.stdout` would create a stream, which takes 3 ms.
      default: isatty(1) ? 'pretty' : 'json',
    }),
  }
}
