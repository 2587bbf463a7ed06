import { type AdmissionLimits, admissionLimits } from '@marquee/http/admission/limits'
import type { HostOptions } from '@marquee/http/server/host-check'
import type { LogOptions } from '../logs/log.ts'
import { advertisedHost } from '../process/advertise.ts'
import type { Flags } from './flags.ts'
import { readMemoryBudget } from './memory.ts'
import { readTls, type TlsFileOptions } from './tls.ts'
import { readTrafficOptions, type TrafficOptions } from './traffic.ts'

/** What every service is told. */
export interface ServiceOptions extends TrafficOptions, HostOptions {
  readonly port: number
  readonly log: LogOptions
  /** Origins of the pages whose scripts may call. */
  readonly corsOrigins: readonly string[]
  /** Bounds of the calls that are admitted at once. */
  readonly admissionLimits: Partial<AdmissionLimits>
  /** What clients together may make the process hold, in bytes. */
  readonly memoryBytesMax: number
  /** TLS beside cleartext, on the same port; none unless told. */
  readonly tls?: TlsFileOptions
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const formats = ['json', 'pretty'] as const

/**
 * Reads the flags that every service has.
 * @param streamsPerClientMax the default of its flag.
 */
export function readServiceOptions(
  flags: Flags,
  port: number,
  streamsPerClientMax?: number,
): ServiceOptions {
  const tls = readTls(flags)
  return {
    ...readHosts(flags),
    port: readPort(flags, 'port', port),
    log: readLogOptions(flags, 'info'),
    corsOrigins: readCorsOrigins(flags),
    ...readTrafficOptions(flags, streamsPerClientMax),
    admissionLimits: readAdmissionLimits(flags),
    memoryBytesMax: readMemoryBudget(flags),
    ...(tls && { tls }),
  }
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

/** Reads which address to listen on: by default only this machine can call. */
function readHost(flags: Flags): string {
  return flags.text({
    flag: 'host',
    help: 'the address to listen on; 0.0.0.0 for every one',
    default: '127.0.0.1',
  })
}

/** Reads where a service listens, and by which hosts it is called. */
export function readHosts(flags: Flags): HostOptions {
  const host = readHost(flags)
  const advertise = readAdvertise(flags, host)
  return { host, advertise, allowedHosts: readAllowedHosts(flags) }
}

function readAdvertise(flags: Flags, host: string): string {
  const text = flags.text({
    flag: 'advertise',
    help: 'the host that others reach the service by; that of --host',
    default: '',
  })
  if (text === '') return advertisedHost(host)
  const address = text.replace(/^\[(.*)\]$/, '$1')
  if (!isHost(address)) {
    flags.refuse(`--advertise is "${text}": give a host name or an address, without a port`)
  }
  return address
}

/** Reads the further hosts that requests may name. */
function readAllowedHosts(flags: Flags): string[] {
  const text = flags.text({
    flag: 'allowed-hosts',
    help: 'further hosts that requests may name, several by commas; * for any',
    default: '',
  })
  const names = text === '' ? [] : text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (name === '*' || isHost(name.replace(/^\[(.*)\]$/, '$1'))) continue
    flags.refuse(`--allowed-hosts has "${name}": give host names or addresses, without ports`)
  }
  return names
}

/** Whether it is a name or an address, and nothing else. */
function isHost(text: string): boolean {
  const host = text.includes(':') ? `[${text}]` : text
  const url = URL.parse(`http://${host}`)
  return url !== null && url.host === url.hostname && url.href === `${url.origin}/`
}

/** Reads which pages of other origins may call. */
export function readCorsOrigins(flags: Flags): string[] {
  return flags.origins({
    flag: 'cors-origins',
    help: 'origins of pages whose scripts may call; several by commas',
    default: '',
  })
}

/** Reads how many calls are admitted, and how long they may wait. */
export function readAdmissionLimits(flags: Flags): Partial<AdmissionLimits> {
  return {
    patienceMs: flags.integer({
      flag: 'admission-patience-ms',
      help: 'how long a call may wait for its start before the service counts as overloaded',
      default: admissionLimits.patienceMs,
      min: 1,
      max: 60_000,
    }),
    waitMs: flags.integer({
      flag: 'admission-wait-ms',
      help: 'how long a call may wait for its start while the service is overloaded',
      default: admissionLimits.waitMs,
      min: 1,
      max: 10_000,
    }),
    waitingMax: flags.integer({
      flag: 'admission-waiting-max',
      help: 'how many calls may wait for their start',
      default: admissionLimits.waitingMax,
      min: 1,
      max: 1_000_000,
    }),
    inFlightMax: flags.integer({
      flag: 'admission-in-flight-max',
      help: 'how many unary calls may be in flight; the limit adapts below it',
      default: admissionLimits.inFlightMax,
      min: admissionLimits.inFlightMin,
      max: 1_000_000,
    }),
    streamsMax: flags.integer({
      flag: 'admission-streams-max',
      help: 'how many streams may be open',
      default: admissionLimits.streamsMax,
      min: 1,
      max: 1_000_000,
    }),
  }
}

/** Reads how much is logged, and how. */
export function readLogOptions(flags: Flags, level: (typeof levels)[number]): LogOptions {
  return {
    level: flags.choice({
      flag: 'log-level',
      help: `what is logged: ${levels.join(', ')}`,
      of: levels,
      default: level,
    }),
    format: flags.choice({
      flag: 'log-format',
      help: 'json for machines, pretty for people',
      of: formats,
      default: process.stdout.isTTY ? 'pretty' : 'json',
    }),
  }
}
