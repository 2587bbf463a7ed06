import type { Transport } from '@connectrpc/connect'
import type { JWK } from 'jose'
import { serviceAuthorization } from './authorize.ts'

/** Identity of a service that calls others. */
export interface ServiceIdentity {
  /** Short name: `movie`. */
  readonly name: string
  /** The `iss` of its tokens, which the others accept by `--auth-issuer` and `--auth-jwks`. */
  readonly issuer: string
  readonly audience: string
  /** Private key, with `kid` and `alg`. */
  readonly key: JWK
}

/** Returns a token that is valid for some minutes. */
export type ServiceToken = () => string | Promise<string>

/** Lifetime of a token, and the part of it after which the next one is signed, in milliseconds. */
const lifetimeMs = 300_000
const renewalMs = 60_000

/**
 * Creates the tokens of a service, with the role `service` (RFC 7519). Their library is loaded only
 * here. Rejects when the key cannot be used.
 */
export async function createServiceToken(
  { name, issuer, audience, key: jwk }: ServiceIdentity,
  clock: () => number = Date.now,
): Promise<ServiceToken> {
  const { importJWK, SignJWT } = await import('jose')
  const { kid, alg = 'EdDSA' } = jwk
  const key = await importJWK(jwk, alg)
  let token = ''
  let renewMs = 0
  let next: Promise<string> | undefined

  async function sign(): Promise<string> {
    const nowMs = clock()
    token = await new SignJWT({ roles: ['service'] })
      .setProtectedHeader({ alg, typ: 'at+jwt', ...(kid && { kid }) })
      .setIssuer(issuer)
      .setSubject(name)
      .setAudience(audience)
      .setIssuedAt(Math.floor(nowMs / 1_000))
      .setExpirationTime(Math.floor((nowMs + lifetimeMs) / 1_000))
      .sign(key)
    renewMs = nowMs + lifetimeMs - renewalMs
    return token
  }

  await sign()
  return () => {
    if (clock() < renewMs) return token
    next ??= sign().finally(() => {
      next = undefined
    })
    return next
  }
}

/** Adds the token of this service to all calls of a transport. */
export function callAs(token: ServiceToken | undefined, transport: Transport): Transport {
  if (token === undefined) return transport
  const identify = async (given: HeadersInit | undefined) => {
    const headers = new Headers(given)
    headers.set(serviceAuthorization, `Bearer ${await token()}`)
    return headers
  }
  return {
    async unary(method, signal, timeoutMs, headers, input, values) {
      const identified = await identify(headers)
      return transport.unary(method, signal, timeoutMs, identified, input, values)
    },
    async stream(method, signal, timeoutMs, headers, input, values) {
      const identified = await identify(headers)
      return transport.stream(method, signal, timeoutMs, identified, input, values)
    },
  }
}
