import type { RegistryConfig } from '@marquee/registry/open'
import type { Flags } from './flags.ts'

/** Port of Consul's HTTP API when the address has neither a port nor a scheme. */
const defaultPort = 8500
/** Maximum time that a query waits for a change, in milliseconds. */
const waitMs = 30_000
/** Time after which Consul removes a critical instance, in milliseconds. Consul accepts no less. */
const deregisterAfterMs = 60_000

const checks = ['grpc', 'ttl'] as const
const switches = ['true', 'false', '1', '0'] as const

/**
 * Reads the address of Consul, from the environment variables of Consul's own command, and how the
 * service registers. Returns `undefined` without an address.
 * @param advertise Host by which others reach the service.
 */
export function readConsulConfig(flags: Flags, advertise: string): RegistryConfig | undefined {
  const address = readText(flags, 'http-addr', 'address of Consul: host:port or a URL')
  const isSecure = readSwitch(flags, 'http-ssl', 'HTTPS to Consul', false)
  const config = {
    kind: 'consul' as const,
    token: readText(flags, 'http-token', 'the token; every user of this machine can see a flag'),
    tokenFile: readText(flags, 'http-token-file', 'a file with the token; wins over the token'),
    httpAuth: readText(flags, 'http-auth', 'user:password of basic authentication'),
    namespace: readText(flags, 'namespace', 'the namespace (Consul Enterprise)'),
    ...readTls(flags),
    ...readRegistration(flags),
    advertise,
    graceMs: flags.integer({
      flag: 'consul-grace-ms',
      help: 'time that instances are kept which a restarted Consul does not list',
      default: 30_000,
      min: 0,
      max: 3_600_000,
    }),
    waitMs,
    deregisterAfterMs,
  }
  if (address === undefined) return undefined
  return { ...config, url: parseAddress(flags, address, isSecure) }
}

/** Reads the origins of another service. With Consul, there must be none. */
export function readServiceOrigins(
  flags: Flags,
  service: string,
  url: string,
  consul: RegistryConfig | undefined,
): string[] {
  const flag = `${service}-url`
  const help = `the origins of the ${service} service, without Consul, separated by commas`
  const origins = flags.origins({ flag, help, default: consul ? '' : url })
  if (consul && origins.length > 0) {
    flags.refuse(`--${flag} and --consul-http-addr exclude each other: leave one out`)
  }
  return origins
}

function readTls(flags: Flags) {
  const files = {
    caFile: readText(
      flags,
      'cacert',
      "a file with the certificate of Consul's certificate authority",
    ),
    certFile: readText(flags, 'client-cert', 'a file with the client certificate'),
    keyFile: readText(flags, 'client-key', 'a file with the key of the client certificate'),
    tlsServerName: readText(flags, 'tls-server-name', "the name in Consul's certificate"),
    verifiesTls: readSwitch(flags, 'http-ssl-verify', "verification of Consul's certificate", true),
  }
  if ((files.certFile === undefined) !== (files.keyFile === undefined)) {
    flags.refuse('--consul-client-cert and --consul-client-key: give both, or neither')
  }
  return files
}

/** Reads how the service registers. */
function readRegistration(flags: Flags) {
  const prefix = flags.text({
    flag: 'consul-service-prefix',
    help: 'prefix of the names of services in Consul',
    default: '',
  })
  if (!/^[\w.-]*$/.test(prefix)) {
    flags.refuse(`--consul-service-prefix is "${prefix}": give letters, digits, . - or _`)
  }
  return {
    prefix,
    check: flags.choice({
      flag: 'consul-check',
      help: 'grpc: Consul calls the service; ttl: the service calls Consul',
      of: checks,
      default: 'grpc',
    }),
    checkIntervalMs: flags.integer({
      flag: 'consul-check-interval-ms',
      help: 'time between two checks of the instance',
      default: 5_000,
      min: 1_000,
      max: 60_000,
    }),
  }
}

/** Returns the URL. Default port: 8500 without a scheme, else the port of the scheme. */
function parseAddress(flags: Flags, text: string, isSecure: boolean): string {
  const [, scheme = isSecure ? 'https' : 'http', rest = text] = /^(\w+):\/\/(.*)$/.exec(text) ?? []
  const port = /^\w+:\/\/|:\d+$/.test(text) ? '' : `:${defaultPort}`
  const url = URL.parse(`${isSecure && scheme === 'http' ? 'https' : scheme}://${rest}${port}`)
  if (!url || !/^https?:$/.test(url.protocol) || hasMoreThanPath(url)) {
    const advice = 'give host:port, http://host:port or https://host:port'
    // The text before an @ may be a password.
    const problem = text.includes('@')
      ? `has an @: ${advice}, and a user by --consul-http-auth`
      : `is "${text}": ${advice}`
    flags.refuse(`--consul-http-addr ${problem}`)
    return text
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function hasMoreThanPath({ username, password, search, hash }: URL): boolean {
  return `${username}${password}${search}${hash}` !== ''
}

function readText(flags: Flags, name: string, help: string): string | undefined {
  return flags.text({ flag: `consul-${name}`, help, default: '' }) || undefined
}

function readSwitch(flags: Flags, name: string, help: string, fallback: boolean): boolean {
  const flag = `consul-${name}`
  const chosen = flags.choice({ flag, help, of: switches, default: `${fallback}` })
  return chosen === 'true' || chosen === '1'
}
