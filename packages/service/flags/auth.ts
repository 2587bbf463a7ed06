import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { JWK } from 'jose'
import { asymmetricAlgorithms } from '../auth/algorithms.ts'
import { parseKeySet } from '../auth/load-keys.ts'
import type { ServiceIdentity } from '../auth/service-token.ts'
import type { Issuer, TokenVerifierOptions } from '../auth/token-verifier.ts'
import type { Flags } from './flags.ts'

/** How callers are verified. */
export interface AuthOptions {
  /** Default: every call is accepted, as from its user. */
  readonly tokens?: Omit<TokenVerifierOptions, 'onWarning'>
  /** True when the service may be open beyond this machine. */
  readonly isInsecure: boolean
}

/** Address of the port for operators. */
export interface AdminAddress {
  readonly host: string
  readonly port: number
}

/**
 * Reads the issuers of tokens. Refuses a service without issuers that listens
 * beyond this machine, unless it is told that this is intended.
 */
export function readAuthOptions(flags: Flags, host: string): AuthOptions {
  const isInsecure = flags.boolean({
    flag: 'insecure',
    help: 'accept every call without a token, also from other machines',
  })
  const tokens = readTokens(flags, isInsecure)
  if (tokens === undefined && !isInsecure && !isLoopback(host)) {
    const advice = 'set --auth-issuer and --auth-audience, or --insecure to let everybody write'
    flags.refuse(`--host is "${host}", which other machines reach: ${advice}`)
  }
  return {
    ...(tokens && { tokens }),
    isInsecure,
  }
}

/** Reads the address of the admin port. Returns `undefined` without one. */
export function readAdmin(flags: Flags): AdminAddress | undefined {
  const host = flags.text({
    flag: 'admin-host',
    help: 'the address of the admin port',
    default: '127.0.0.1',
  })
  const port = flags.text({
    flag: 'admin-port',
    help: 'a port for operators only: metrics, reflection, dead letters; without it, tokens decide',
    default: '',
  })
  if (port === '') return undefined
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    flags.refuse(`--admin-port is "${port}": give a whole number from 0 to 65535`)
  }
  return { host, port: Number(port) }
}

function readTokens(flags: Flags, isInsecure: boolean): AuthOptions['tokens'] {
  const names = flags.list({
    flag: 'auth-issuer',
    help: 'issuers of accepted tokens (iss), separated by commas',
  })
  const jwks = flags.list({
    flag: 'auth-jwks',
    help: 'URL or file of the keys of each issuer, in the same order; empty: by discovery',
  })
  const audiences = flags.list({
    flag: 'auth-audience',
    help: 'audiences of accepted tokens (aud), separated by commas',
  })
  const algorithms = flags.list({
    flag: 'auth-algorithms',
    help: 'accepted signatures, separated by commas; empty: all asymmetric ones',
  })
  const rolesClaim = flags.text({
    flag: 'auth-roles-claim',
    help: 'claim with the roles editor, ingest, operator: a list or words',
    default: 'roles',
  })
  const clockToleranceSeconds = flags.integer({
    flag: 'auth-clock-tolerance-seconds',
    help: 'difference of clocks that is accepted',
    default: 5,
    min: 0,
    max: 300,
  })
  for (const algorithm of algorithms) {
    if (asymmetricAlgorithms.includes(algorithm)) continue
    const known = asymmetricAlgorithms.join(', ')
    flags.refuse(`--auth-algorithms has "${algorithm}": give some of ${known}`)
  }
  if (names.length === 0) {
    if (jwks.length + audiences.length > 0) {
      flags.refuse('--auth-jwks and --auth-audience need --auth-issuer')
    }
    return undefined
  }
  if (audiences.length === 0) flags.refuse('--auth-issuer needs --auth-audience')
  if (jwks.length > names.length) flags.refuse('--auth-jwks names more sources than --auth-issuer')
  const issuers = names.map((name, index) => toIssuer(flags, name, jwks[index] ?? '', isInsecure))
  return {
    issuers,
    audiences,
    ...(algorithms.length > 0 && { algorithms }),
    rolesClaim,
    clockToleranceSeconds,
  }
}

function toIssuer(flags: Flags, name: string, source: string, isInsecure: boolean): Issuer {
  const url = URL.parse(source === '' ? name : source)
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (isWeb && url.protocol === 'http:' && !isInsecure && !isLoopback(url.hostname)) {
    const text = 'keys that come by http can be forged: give an https URL or a file'
    flags.refuse(`--auth-jwks or --auth-issuer is "${url}": ${text}`)
  }
  if (source !== '' && isWeb) return { name, keys: { url: source } }
  if (source !== '') {
    checkKeyFile(flags, source)
    return { name, keys: { file: source } }
  }
  if (!isWeb) flags.refuse(`--auth-issuer has "${name}", which is no URL: give its --auth-jwks`)
  return { name, keys: { discovery: name } }
}

/** Refuses a file without keys at the start: otherwise it would show with the first token. */
function checkKeyFile(flags: Flags, file: string): void {
  try {
    parseKeySet(readFileSync(file, 'utf8'))
  } catch (error) {
    flags.refuse(`--auth-jwks has "${file}": ${(error as Error).message}`)
  }
}

/** Reads the key by which a service identifies itself to others. Default: none. */
export function readServiceIdentity(
  flags: Flags,
  name: string,
  { tokens }: AuthOptions,
): ServiceIdentity | undefined {
  const file = flags.text({
    flag: 'service-key',
    help: 'file of the private key (JWK) for calls to other services',
    default: '',
  })
  const issuer = flags.text({
    flag: 'service-issuer',
    help: 'the issuer (iss) of tokens by that key',
    default: 'marquee',
  })
  const [audience] = tokens?.audiences ?? []
  if (file === '') return undefined
  if (audience === undefined) {
    flags.refuse('--service-key needs --auth-audience, for which its tokens are')
    return undefined
  }
  try {
    return { name, issuer, audience, key: parsePrivateKey(readFileSync(file, 'utf8')) }
  } catch (error) {
    flags.refuse(`--service-key is "${file}": ${(error as Error).message}`)
  }
  return undefined
}

function parsePrivateKey(text: string): JWK {
  let key: JWK | null = null
  try {
    key = JSON.parse(text)
  } catch {
    // The error of the parser says nothing about a PEM file, which is the likely mistake.
  }
  if (key?.kty !== undefined && key.d !== undefined) return key
  throw new Error('that is no private JSON Web Key: create one by "bun run service-key FOLDER"')
}

/** Returns whether only this machine reaches an address to listen on. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) === 4) return address.startsWith('127.')
  return address === '::1' || address.toLowerCase() === 'localhost'
}
