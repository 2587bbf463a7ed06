import type { Environment, Principal } from '@marquee/connect-hono/call'
import type { Context } from 'hono'
import { decodeJwt } from 'jose'
import { ResponseBodyError } from 'openid-client'
import type { Logger } from 'pino'
import { AuthError } from '../auth-error.ts'
import type { CallerToken } from '../authorize.ts'
import type { TokenVerifier } from '../token-verifier.ts'
import { readCookies, writeCookies } from './cookies.ts'
import { type Provider, type ProviderTokens, reasonOf } from './provider.ts'
import { isSameOrigin } from './same-origin.ts'
import type { Seal } from './seal.ts'

/** Content of the cookie of a session. */
export interface Session {
  readonly accessToken: string
  readonly refreshToken?: string | undefined
  /** Name of the person for display. */
  readonly name: string
  /** Times since the epoch, in seconds: when to refresh the access token, and of the end. */
  readonly refreshAt: number
  readonly end: number
}

/** A session whose access token is valid. */
export interface OpenSession {
  readonly session: Session
  readonly principal: Principal
  /** `Set-Cookie` headers of the response, when the access token was refreshed. */
  readonly cookies: readonly string[]
}

export interface SessionsOptions {
  readonly provider: Provider
  readonly verifier: TokenVerifier
  readonly seal: Seal
  /** Origin of the page, as browsers know it. */
  readonly origin: string
  /** Maximum duration of a session, in hours. */
  readonly hoursMax: number
  readonly log: Pick<Logger, 'warn'>
  /** Time since the epoch, in milliseconds. */
  readonly clock?: () => number
}

/** Sessions of people who have signed in. The server keeps nothing of them. */
export interface Sessions {
  /** Returns the session of a request, with a fresh access token, or `undefined` without one. */
  find(cookieHeader: string | undefined): Promise<OpenSession | undefined>
  /** Starts a session. Rejects with an `AuthError` when the access token is not accepted. */
  start(tokens: ProviderTokens): Promise<readonly string[]>
  /** Returns the caller of a request of the page (`AuthorizeOptions.tokenOf`). */
  tokenOf(c: Context<Environment>): Promise<CallerToken | undefined>
}

export const sessionCookie = 'marquee-session'

/** Earliest refresh before the access token expires, in seconds; of short ones, the last quarter. */
const refreshBeforeSeconds = 60
/** Calls that were sent before the new cookie arrived get the same new tokens. */
const refreshed = { keptMs: 60_000, countMax: 1_000 }

export function createSessions(options: SessionsOptions): Sessions {
  const { provider, verifier, seal, origin, hoursMax, log, clock = Date.now } = options
  const refreshes = new Map<string, { readonly atMs: number; readonly session: Promise<Session> }>()

  const toSession = (
    tokens: ProviderTokens,
    before: Omit<Session, 'accessToken' | 'refreshAt'>,
  ) => {
    const now = Math.floor(clock() / 1_000)
    const remaining = (decodeJwt(tokens.accessToken).exp ?? 0) - now
    return {
      ...before,
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken ?? before.refreshToken,
      refreshAt: now + remaining - Math.min(refreshBeforeSeconds, remaining / 4),
    }
  }
  const write = async (session: Session) => {
    const text = await seal.close(sessionCookie, { ...session }, session.end)
    return writeCookies(sessionCookie, text, session.end - Math.floor(clock() / 1_000))
  }

  /** Refreshes once for all calls that hold the same refresh token. */
  function refresh(session: Session, refreshToken: string): Promise<Session> {
    for (const [key, { atMs }] of refreshes) {
      if (clock() - atMs < refreshed.keptMs && refreshes.size <= refreshed.countMax) break
      refreshes.delete(key)
    }
    const known = refreshes.get(refreshToken)
    if (known !== undefined) return known.session
    const next = provider.refresh(refreshToken).then((tokens) => toSession(tokens, session))
    refreshes.set(refreshToken, { atMs: clock(), session: next })
    next.catch((error) => {
      if (!isRefusal(error)) refreshes.delete(refreshToken)
    })
    return next
  }

  /** Returns the caller of an access token, or `undefined` when it is not accepted (any more). */
  async function verify(accessToken: string): Promise<Principal | undefined> {
    try {
      return await verifier.verify(accessToken)
    } catch (error) {
      if (error instanceof AuthError && error.failure === 'invalid') return undefined
      throw error
    }
  }

  async function find(cookieHeader: string | undefined): Promise<OpenSession | undefined> {
    const text = readCookies(sessionCookie, cookieHeader)
    const session = text && ((await seal.open(sessionCookie, text)) as Session | undefined)
    if (!session) return undefined
    const principal = await verify(session.accessToken)
    const isFresh = clock() < session.refreshAt * 1_000
    const isKept = session.refreshToken === undefined || (principal !== undefined && isFresh)
    if (isKept) return principal && { session, principal, cookies: [] }
    try {
      const next = await refresh(session, session.refreshToken ?? '')
      const caller = await verify(next.accessToken)
      return caller && { session: next, principal: caller, cookies: await write(next) }
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'the tokens of a session cannot be refreshed')
      // When the provider does not respond, the session lives as long as its access token.
      return isRefusal(error) ? undefined : principal && { session, principal, cookies: [] }
    }
  }

  return {
    find,
    async start(tokens) {
      const { subject } = await verifier.verify(tokens.accessToken)
      const end = Math.floor(clock() / 1_000) + hoursMax * 3_600
      return await write(toSession(tokens, { name: tokens.name ?? subject, end }))
    },
    async tokenOf(c) {
      if (!isSameOrigin(c.req.method, c.req.raw.headers, origin)) return undefined
      const found = await find(c.req.header('cookie'))
      return found && { token: found.session.accessToken, cookies: found.cookies }
    },
  }
}

/** Returns whether the provider has refused a token, so that it is of no use any more. */
function isRefusal(error: unknown): boolean {
  return error instanceof ResponseBodyError && error.status < 500 && error.status !== 429
}
