import type { RegistryConfig } from '@marquee/registry/open'
import type { Flags } from './flags.ts'

/** The port of Consul's HTTP API, where its address has neither a port nor a scheme. */
const defaultPort = 8500
/** How long a query may wait for a change, in milliseconds. */
const waitMs = 30_000
/** After how long a critical instance is forgotten, in milliseconds: the least that Consul takes. */
const deregisterAfterMs = 60_000

const checks = ['grpc', 'ttl'] as const
const switches = ['true', 'false', '1', '0'] as const

/**
 * Reads where Consul is, from the variables that Consul's own command has too, and what a service tells it; undefined
 * when there is no Consul.
 * @param advertise the host that others reach the service by.
 */
export function readConsulConfig(flags: Flags, advertise: string): RegistryConfig | undefined {
  const address = readText(flags, 'http-addr', 'where Consul is: host:port or its URL')
  const isSecure = readSwitch(flags, 'http-ssl', 'whether Consul is asked by HTTPS', false)
  const config = {
    kind: 'consul' as const,
    token: readText(flags, 'http-token', 'the token; a flag is seen by all on this machine'),
    tokenFile: readText(flags, 'http-token-file', 'a file with the token, which wins over it'),
    httpAuth: readText(flags, 'http-auth', 'user:password of basic authentication'),
    namespace: readText(flags, 'namespace', 'the namespace, of Consul Enterprise'),
    ...readTls(flags),
    ...readRegistration(flags),
    advertise,
    graceMs: flags.integer({
      flag: 'consul-grace-ms',
      help: 'how long instances are kept that a restarted Consul may have forgotten',
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

function readTls(flags: Flags) {
  const files = {
    caFile: readText(flags, 'cacert', "a file with the certificate of Consul's authority"),
    certFile: readText(flags, 'client-cert', 'a file with our certificate'),
    keyFile: readText(flags, 'client-key', 'a file with the key of our certificate'),
    tlsServerName: readText(flags, 'tls-server-name', "the name in Consul's certificate"),
    verifiesTls: readSwitch(flags, 'http-ssl-verify', 'whether it is verified', true),
  }
  if ((files.certFile === undefined) !== (files.keyFile === undefined)) {
    flags.refuse('--consul-client-cert and --consul-client-key: give both, or neither')
  }
  return files
}

/** Reads what the service says of itself. */
function readRegistration(flags: Flags) {
  const prefix = flags.text({
    flag: 'consul-service-prefix',
    help: 'put before the names of services in Consul',
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
      help: 'how often the instance is checked',
      default: 5_000,
      min: 1_000,
      max: 60_000,
    }),
  }
}

/** Without a scheme, the port is 8500 by default; with one, it is that of the scheme. */
function parseAddress(flags: Flags, text: string, isSecure: boolean): string {
  const [, scheme = isSecure ? 'https' : 'http', rest = text] = /^(\w+):\/\/(.*)$/.exec(text) ?? []
  const port = /^\w+:\/\/|:\d+$/.test(text) ? '' : `:${defaultPort}`
  const url = URL.parse(`${isSecure && scheme === 'http' ? 'https' : scheme}://${rest}${port}`)
  if (!url || !/^https?:$/.test(url.protocol) || hasMoreThanPath(url)) {
    const advice = 'give host:port, http://host:port or https://host:port'
    // What stands before an @ may be a password.
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
