import { Code, ConnectError } from '@connectrpc/connect'
import type { Environment, Principal } from '@marquee/connect-hono/call'
import { refuseCall } from '@marquee/connect-hono/errors/refuse-call'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Access } from '../../../gen/access/v1/access_pb.ts'
import { describe, withReason } from '../reasons.ts'
import { type AccessRule, type AccessRules, nameCall } from './access-rules.ts'
import { AuthError } from './auth-error.ts'
import type { TokenVerifier } from './token-verifier.ts'

export interface AuthorizeOptions {
  readonly rules: AccessRules
  /** Without one, only what belongs to the admin port is refused. */
  readonly verifier: TokenVerifier | undefined
  /**
   * Returns the token of a call without `Authorization`. What is public needs none. Default: none.
   */
  readonly tokenOf?: ((c: Context<Environment>) => Promise<CallerToken | undefined>) | undefined
  /** True when operators use another port, which accepts what this one refuses. */
  readonly hasAdminPort: boolean
}

/** Token of a session. */
export interface CallerToken {
  readonly token: string
  /** `Set-Cookie` headers of the response. */
  readonly cookies: readonly string[]
}

/** Header of the token of the calling service, beside the `Authorization` of its user. */
export const serviceAuthorization = 'service-authorization'

/** Roles of tokens, by the access that they give. */
const roles: Readonly<Partial<Record<Access, readonly string[]>>> = {
  [Access.EDITOR]: ['editor'],
  [Access.INGEST]: ['ingest'],
  [Access.OPERATOR]: ['operator'],
  [Access.SERVICE]: ['service', 'operator'],
}

/**
 * Verifies the caller of each call, and refuses it when its rule says so: before its body is read,
 * by every protocol. Sets `principal`, `isOperator` and `service` of the call.
 */
export function authorize({ rules, verifier, tokenOf, hasAdminPort }: AuthorizeOptions) {
  async function check(
    c: Context<Environment>,
    rule: AccessRule,
  ): Promise<CallerToken | undefined> {
    const { access } = rule
    const call = c.get('call')
    const isAdminPort = c.env?.isAdmin === true
    call.isOperator = isAdminPort || (verifier === undefined && !hasAdminPort)
    const isAdmins = access === Access.OPERATOR || access === Access.SERVICE
    if (isAdmins && isAdminPort) return undefined
    if (access === Access.OPERATOR && hasAdminPort) {
      const text = 'this is served at the admin port only'
      throw new AuthError('forbidden', text, { reason: 'ADMIN_PORT_REQUIRED' })
    }
    if (access === Access.UNSPECIFIED) {
      const text = 'this has no access rule: nobody may call it'
      throw new AuthError('forbidden', text, { reason: 'ACCESS_RULE_MISSING' })
    }
    if (verifier === undefined) return undefined
    const header = c.req.header('authorization')
    const isAnonymous = header === undefined && access !== Access.PUBLIC
    const session = isAnonymous ? await tokenOf?.(c) : undefined
    const token = header === undefined ? session?.token : bearerOf(header)
    if (token !== undefined) call.principal = await verifier.verify(token)
    call.isOperator ||= call.principal?.roles.has('operator') === true
    const ofService = c.req.header(serviceAuthorization)
    const service = ofService ? await verifier.verify(bearerOf(ofService)) : undefined
    if (service?.roles.has('service')) call.service = service.subject
    if (access === Access.SERVICE && call.service !== undefined) return undefined
    requireAccess(access, call.principal)
    return session
  }

  return createMiddleware<Environment>(async (c, next) => {
    const rule = rules.find(c)
    if (rule === undefined) return next()
    let session: CallerToken | undefined
    try {
      session = await check(c, rule)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return refuse(c, rule, error)
    }
    if (session === undefined || session.cookies.length === 0) return next()
    await next()
    for (const cookie of session.cookies) c.res.headers.append('set-cookie', cookie)
    return undefined
  })
}

/** Returns the token of a header (RFC 6750 §2.1). */
function bearerOf(header: string): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header) ?? []
  if (token !== undefined) return token
  throw new AuthError('invalid', 'the header is not "Bearer", a space and a token')
}

function requireAccess(access: Access, principal: Principal | undefined): void {
  if (access === Access.PUBLIC) return
  if (principal === undefined) {
    throw new AuthError('missing', 'this needs a token: send it as "Authorization: Bearer …"')
  }
  const accepted = roles[access]
  if (accepted === undefined || accepted.some((role) => principal.roles.has(role))) return
  const [role = ''] = accepted
  throw new AuthError('forbidden', `this needs a token with the role "${role}"`, { role })
}

const statuses = {
  missing: { code: Code.Unauthenticated, http: 401 },
  invalid: { code: Code.Unauthenticated, http: 401 },
  forbidden: { code: Code.PermissionDenied, http: 403 },
  unavailable: { code: Code.Unavailable, http: 503 },
} as const

/** Refuses a call in the form of its protocol. By HTTP, with a challenge (RFC 6750 §3). */
function refuse(c: Context<Environment>, rule: AccessRule, error: AuthError): Response {
  const { code, http } = statuses[error.failure]
  nameCall(c, rule)
  const refusal = new ConnectError(error.message, code, undefined, undefined, error.cause)
  const response = refuseCall(c, describe(reasoned(refusal, error)), { http, grpc: 200 })
  const challenge = challengeOf(error)
  if (challenge !== undefined) response.headers.set('www-authenticate', challenge)
  response.headers.set('cache-control', 'no-store')
  return response
}

const reasons = {
  missing: 'TOKEN_MISSING',
  invalid: 'TOKEN_INVALID',
  unavailable: 'TOKEN_KEYS_UNAVAILABLE',
} as const

function reasoned(refusal: ConnectError, { failure, reason, role = '' }: AuthError): ConnectError {
  if (reason !== undefined) return withReason(refusal, reason)
  if (failure === 'forbidden') return withReason(refusal, 'ROLE_MISSING', { role })
  return withReason(refusal, reasons[failure])
}

function challengeOf({ failure, message }: AuthError): string | undefined {
  const realm = 'Bearer realm="marquee"'
  if (failure === 'missing') return realm
  const description = `error_description="${message.replaceAll('"', "'")}"`
  if (failure === 'invalid') return `${realm}, error="invalid_token", ${description}`
  return failure === 'forbidden'
    ? `${realm}, error="insufficient_scope", ${description}`
    : undefined
}
