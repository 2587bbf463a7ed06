import { readFileSync } from 'node:fs'
import type { SignInOptions } from '../auth/session/open.ts'
import { type AuthOptions, isLoopback } from './auth.ts'
import type { Flags } from './flags.ts'

/** Minimum length of a key of sessions: 256 random bits in base64. */
const keyCharsMin = 43

/** Reads how people sign in to the page. Returns `undefined` without a client of a provider. */
export function readSignIn(flags: Flags, { tokens }: AuthOptions): SignInOptions | undefined {
  const text = (flag: string, help: string, value = '') =>
    flags.text({ flag, help, default: value })
  const clientId = text('oidc-client-id', 'client of the OpenID Connect provider: people sign in')
  const issuer = text('oidc-issuer', 'the provider; empty: the first --auth-issuer')
  const secretFile = text('oidc-client-secret-file', 'file of its secret; empty: a public client')
  const scope = text('oidc-scope', 'scopes; offline_access for refresh tokens', 'openid profile')
  const parameters = flags.list({
    flag: 'oidc-parameters',
    help: 'further parameters of requests to it, separated by commas: audience=marquee',
  })
  const publicUrl = text('public-url', 'the origin of the page, as browsers know it')
  const keyFile = text('session-key-file', 'file of keys of sessions, one a line; the first is new')
  const hoursMax = flags.integer({
    flag: 'session-hours-max',
    help: 'maximum duration of a session',
    default: 168,
    min: 1,
    max: 8_760,
  })
  if (clientId === '') return undefined
  if (tokens === undefined) {
    flags.refuse('--oidc-client-id needs --auth-issuer and --auth-audience, to verify its tokens')
    return undefined
  }
  const provider = issuer || (tokens.issuers[0]?.name ?? '')
  requireSafe(flags, 'oidc-issuer', provider)
  const origin = requireSafe(flags, 'public-url', publicUrl)
  const clientSecret = secretFile && readLines(flags, 'oidc-client-secret-file', secretFile)[0]
  const keys = keyFile === '' ? [] : readLines(flags, 'session-key-file', keyFile)
  if (keys.some((key) => key.length < keyCharsMin)) {
    const advice = 'make one by "openssl rand -base64 32"'
    flags.refuse(`--session-key-file has a key of less than ${keyCharsMin} characters: ${advice}`)
  }
  return {
    provider: {
      issuer: provider,
      clientId,
      ...(clientSecret && { clientSecret }),
      scope,
      parameters: Object.fromEntries(parameters.map((one) => split(flags, one))),
      clockToleranceSeconds: tokens.clockToleranceSeconds,
    },
    publicUrl: origin,
    keys,
    hoursMax,
  }
}

/** Returns the origin of a URL that keeps secrets on the way: by https, or on this machine. */
function requireSafe(flags: Flags, flag: string, text: string): string {
  const url = URL.parse(text)
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (isSafe) return url.origin
  flags.refuse(`--${flag} is "${text}": sign-in needs an https URL, or http://localhost:8083`)
  return ''
}

function readLines(flags: Flags, flag: string, file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
    const filled = lines.filter((line) => line !== '')
    if (filled.length === 0) flags.refuse(`--${flag} is "${file}": the file is empty`)
    return filled
  } catch (error) {
    flags.refuse(`--${flag} is "${file}": ${(error as Error).message}`)
    return []
  }
}

function split(flags: Flags, parameter: string): [string, string] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(parameter) ?? []
  if (name === '') flags.refuse(`--oidc-parameters has "${parameter}": give name=value`)
  return [name, value]
}
