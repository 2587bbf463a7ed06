import { Code, ConnectError } from '@connectrpc/connect'
import type { Call, Environment } from '@marquee/connect-hono/call'
import { type ClientOptions, clientOf } from '@marquee/connect-hono/client-of'
import { refuseCall } from '@marquee/connect-hono/errors/refuse-call'
import { pushbackHeader, retryInfo } from '@marquee/connect-hono/errors/retry-info'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import { createMiddleware } from 'hono/factory'
import { type AccessRules, nameCall } from '../auth/access-rules.ts'
import { describe, withReason } from '../reasons.ts'
import type { Allowance } from './client-quotas.ts'
import { type LimitClass, limitClassOf, type Rate } from './limit-class.ts'
import type { RateLimits } from './open.ts'

export interface LimitRatesOptions extends ClientOptions {
  readonly limits: RateLimits
  readonly rules: AccessRules
}

/**
 * Refuses the calls of a client that calls too often: before their bodies are read, by every
 * protocol. A client is the verified user, else an address. Operators at the admin port and
 * verified services are not limited.
 */
export function limitRates({ limits, rules, ...client }: LimitRatesOptions) {
  return createMiddleware<Environment>(async (c, next) => {
    const call = c.get('call')
    const isFree = c.env?.isAdmin || call.service !== undefined
    const rule = isFree ? undefined : rules.find(c)
    if (rule === undefined) return next()
    const name = limitClassOf(rule)
    const limit = name && limits.get(name)
    if (name === undefined || limit === undefined) return next()
    const { principal } = call
    const caller = principal ? `user ${principal.subject}` : clientOf(incomingOf(c), client)
    const state = { ...limit, name, ...(await limit.quotas.take(caller)) }
    if (state.isExceeded) {
      nameCall(c, rule)
      c.res = refuseCall(c, exceeded(state), refusalStatus)
      if (!isGrpc(call)) c.res.headers.set('retry-after', String(secondsOf(state)))
    } else await next()
    if (!isGrpc(call)) addHeaders(c.res.headers, state)
  })
}

interface State extends Rate, Allowance {
  readonly name: LimitClass
}

/** By Connect, a client would take 429 on a stream for `UNAVAILABLE`, and retry. */
const refusalStatus = { http: 429, grpc: 200, connectStream: 200 } as const

function exceeded({ name, count, seconds, resetMs }: State): ConnectError {
  const text = `more than ${count} ${name} in ${seconds} s: call again in ${resetMs} ms`
  const error = new ConnectError(text, Code.ResourceExhausted, { [pushbackHeader]: `${resetMs}` })
  error.details = retryInfo(resetMs)
  return describe(withReason(error, 'RATE_LIMITED', { limit: name, count, seconds }))
}

function isGrpc({ protocol }: Call): boolean {
  return protocol.startsWith('grpc')
}

/** Adds what the client has left (draft-ietf-httpapi-ratelimit-headers-10). */
function addHeaders(headers: Headers, state: State): void {
  const { name, count, seconds, remainingCount } = state
  headers.set('ratelimit-policy', `"${name}";q=${count};w=${seconds}`)
  headers.set('ratelimit', `"${name}";r=${remainingCount};t=${secondsOf(state)}`)
}

function secondsOf({ resetMs }: State): number {
  return Math.ceil(resetMs / 1_000)
}
