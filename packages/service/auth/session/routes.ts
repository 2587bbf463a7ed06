import { Code, ConnectError } from '@connectrpc/connect'
import type { Environment } from '@marquee/connect-hono/call'
import type { Context } from 'hono'
import { AuthorizationResponseError } from 'openid-client'
import type { Logger } from 'pino'
import { Access } from '../../../../gen/access/v1/access_pb.ts'
import type { ServiceApp } from '../../app.ts'
import { refuseMethod } from '../../rest/rest.ts'
import { readCookies, removeCookies, writeCookies } from './cookies.ts'
import { createChecks, type Provider, reasonOf, type SignInChecks } from './provider.ts'
import { isSameOrigin, returnUrl } from './same-origin.ts'
import type { Seal } from './seal.ts'
import { type Sessions, sessionCookie } from './sessions.ts'

export interface SessionRoutes {
  readonly sessions: Sessions
  readonly provider: Provider
  readonly seal: Seal
  /** Origin of the page, as browsers know it. */
  readonly origin: string
  readonly log: Pick<Logger, 'warn'>
}

/** Content of the cookie of a browser that is at the provider. */
type SignIn = SignInChecks & { readonly returnTo: string }

const signInCookie = 'marquee-sign-in'
/** Time that a person has to sign in, in seconds. */
const signInSeconds = 900

/** Adds the routes by which the page signs in and out, and reads who has signed in. */
export function addSessionRoutes(app: ServiceApp, routes: SessionRoutes): void {
  const add = (path: string, method: 'GET' | 'POST', handle: Handler) => {
    app.access.addRoute(path, { [method]: Access.PUBLIC })
    app.on(method, path, async (c) => {
      c.header('cache-control', 'no-store')
      return await handle(c, routes)
    })
    app.all(path, refuseMethod(method === 'GET' ? 'GET, HEAD' : method))
  }
  add('/auth/login', 'GET', begin)
  add('/auth/callback', 'GET', finish)
  add('/auth/session', 'GET', report)
  add('/auth/logout', 'POST', end)
}

type Handler = (c: Context<Environment>, routes: SessionRoutes) => Promise<Response>

async function begin(c: Context<Environment>, { provider, seal, origin, log }: SessionRoutes) {
  const returnTo = returnUrl(c.req.query('return') ?? '/', origin)
  if (returnTo === undefined) {
    const text = 'return is no path of this page: give one such as /movies/heat'
    throw new ConnectError(text, Code.InvalidArgument)
  }
  const checks = createChecks()
  const url = await provider.begin(checks).catch((error) => {
    log.warn({ reason: reasonOf(error) }, 'sign-in cannot begin')
    const text = 'the provider of sign-in does not respond: try again later'
    throw new ConnectError(text, Code.Unavailable)
  })
  const signIn: SignIn = { ...checks, returnTo }
  const endSeconds = Math.floor(Date.now() / 1_000) + signInSeconds
  const text = await seal.close(signInCookie, { ...signIn }, endSeconds)
  setCookies(c, writeCookies(signInCookie, text, signInSeconds))
  return c.redirect(url)
}

async function finish(c: Context<Environment>, routes: SessionRoutes) {
  const { sessions, provider, seal, log } = routes
  const header = c.req.header('cookie')
  const text = readCookies(signInCookie, header)
  const signIn = text && ((await seal.open(signInCookie, text)) as SignIn | undefined)
  if (!signIn) throw new ConnectError(refusal, Code.InvalidArgument)
  setCookies(c, removeCookies(signInCookie, header))
  try {
    const tokens = await provider.finish(new URL(c.req.url).search, signIn)
    setCookies(c, await sessions.start(tokens))
  } catch (error) {
    const hasCanceled = error instanceof AuthorizationResponseError
    if (hasCanceled && error.error === 'access_denied') return c.redirect(signIn.returnTo)
    log.warn({ reason: reasonOf(error) }, 'a sign-in failed')
    throw new ConnectError(refusal, Code.InvalidArgument)
  }
  return c.redirect(signIn.returnTo)
}

const refusal =
  'sign-in failed, took too long, or was started in another tab: open the page and sign in again'

async function report(c: Context<Environment>, { sessions }: SessionRoutes) {
  const header = c.req.header('cookie')
  const found = await sessions.find(header)
  if (found === undefined) {
    setCookies(c, removeCookies(sessionCookie, header))
    return c.json({ signedIn: false })
  }
  const { session, principal, cookies } = found
  setCookies(c, cookies)
  return c.json({
    signedIn: true,
    user: principal.subject,
    name: session.name,
    roles: [...principal.roles],
    expiresAt: new Date(session.end * 1_000).toISOString(),
  })
}

async function end(c: Context<Environment>, { sessions, provider, origin, log }: SessionRoutes) {
  if (!isSameOrigin(c.req.method, c.req.raw.headers, origin)) {
    const text = 'only the page itself may sign out'
    throw new ConnectError(text, Code.PermissionDenied)
  }
  const header = c.req.header('cookie')
  const found = await sessions.find(header)
  setCookies(c, removeCookies(sessionCookie, header))
  if (found === undefined) return c.json({})
  try {
    const { refreshToken } = found.session
    if (refreshToken !== undefined) await provider.revoke(refreshToken)
    return c.json({ location: await provider.endUrl(`${origin}/`) })
  } catch (error) {
    // The browser has signed out all the same.
    log.warn({ reason: reasonOf(error) }, 'the provider does not know of a sign-out')
    return c.json({})
  }
}

function setCookies(c: Context, cookies: readonly string[]): void {
  for (const cookie of cookies) c.header('set-cookie', cookie, { append: true })
}
