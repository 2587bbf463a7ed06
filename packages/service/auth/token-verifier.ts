import type { Principal } from '@marquee/connect-hono/call'
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { asymmetricAlgorithms } from './algorithms.ts'
import { AuthError } from './auth-error.ts'
import { createKeySet, type KeySet } from './key-set.ts'
import { type KeySource, loadKeys } from './load-keys.ts'

/** An issuer whose tokens are accepted. */
export interface Issuer {
  /** The `iss` of its tokens. */
  readonly name: string
  readonly keys: KeySource
}

export interface TokenVerifierOptions {
  readonly issuers: readonly Issuer[]
  /** A token has to be for one of them (`aud`). */
  readonly audiences: readonly string[]
  /** Accepted signatures. Default: all asymmetric ones. */
  readonly algorithms?: readonly string[]
  /** Claim of the roles, a list or words: `roles`, `scope`, `realm_access.roles`. */
  readonly rolesClaim: string
  /** Difference of clocks that is accepted, in seconds. */
  readonly clockToleranceSeconds: number
  readonly onWarning: (message: string) => void
  /** Time since the epoch, in milliseconds. */
  readonly clock?: () => number
}

/** Verifies tokens (RFC 7519, RFC 9068) and caches the verdict until they expire. */
export interface TokenVerifier extends Disposable {
  /** Rejects with an `AuthError`: `invalid` or `unavailable`. */
  verify(token: string): Principal | Promise<Principal>
}

const tokenCharsMax = 8_192
const cachedMax = 10_000
/** Time between two loads of keys, in milliseconds. */
const keysIntervalMs = { file: 10_000, remote: 600_000 }

interface Verified {
  readonly principal: Principal
  readonly endMs: number
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuers, onWarning, clock = Date.now, clockToleranceSeconds: tolerance } = options
  /** In the order of their last use, when it is full. */
  const cache = new Map<string, Verified>()
  let keysChanged = 0
  const onChange = () => {
    keysChanged++
    cache.clear()
  }
  const keys = new Map<string, KeySet>()
  for (const { name, keys: source } of issuers) {
    const intervalMs = 'file' in source ? keysIntervalMs.file : keysIntervalMs.remote
    const load = () => loadKeys(source)
    keys.set(name, createKeySet({ issuer: name, load, onChange, onWarning, intervalMs }))
  }

  async function verifyNew(token: string): Promise<Principal> {
    if (token.length > tokenCharsMax) {
      throw new AuthError('invalid', `the token is longer than ${tokenCharsMax} characters`)
    }
    const issuer = issuerOf(token)
    const found = keys.get(issuer)
    if (found === undefined) throw new AuthError('invalid', 'the issuer of the token is unknown')
    const changedBefore = keysChanged
    const payload = await verifyWith(found.getKey, token, issuer, options, clock())
    const principal: Principal = {
      subject: payload.sub ?? '',
      roles: rolesOf(payload, options.rolesClaim),
      token,
    }
    // The key may have been removed in the meantime; the first load of the keys is a change, too.
    if (changedBefore !== keysChanged) return principal
    const endMs = ((payload.exp ?? 0) + tolerance) * 1_000
    const [first] = cache.size < cachedMax ? [] : cache.keys()
    if (first !== undefined) cache.delete(first)
    cache.set(token, { principal, endMs })
    return principal
  }

  return {
    verify(token) {
      const known = cache.get(token)
      if (known === undefined) return verifyNew(token)
      if (clock() < known.endMs) {
        if (cache.size === cachedMax) {
          cache.delete(token)
          cache.set(token, known)
        }
        return known.principal
      }
      cache.delete(token)
      throw expired()
    },
    [Symbol.dispose]() {
      for (const set of keys.values()) set[Symbol.dispose]()
    },
  }
}

/** Returns the issuer that a token names, before anything of it is verified. */
function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? ''
  } catch (error) {
    throw new AuthError('invalid', 'the token is no JSON Web Token', { cause: error })
  }
}

async function verifyWith(
  getKey: JWTVerifyGetKey,
  token: string,
  issuer: string,
  { audiences, algorithms = asymmetricAlgorithms, clockToleranceSeconds }: TokenVerifierOptions,
  nowMs: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, getKey, {
      issuer,
      audience: [...audiences],
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(nowMs),
    })
    if (!payload.sub) throw new AuthError('invalid', 'the token has an empty subject')
    return payload
  } catch (error) {
    if (error instanceof AuthError) throw error
    if (error instanceof errors.JWTExpired) throw expired(error)
    throw new AuthError('invalid', reasonOf(error), { cause: error })
  }
}

function expired(cause?: unknown): AuthError {
  return new AuthError('invalid', 'the token has expired', { cause, reason: 'TOKEN_EXPIRED' })
}

/** Returns what is wrong with a token. Says nothing of its content. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token's algorithm is not accepted"
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return "the token's signature is wrong"
  if (error instanceof errors.JWKSNoMatchingKey) return "the token's key is unknown"
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'the token is not valid'
  if (error.claim === 'aud') return 'the token is for another audience'
  if (error.claim === 'nbf') return 'the token is not valid yet'
  return `the token's claim "${error.claim}" is missing or wrong`
}

/** @param claim Name of the claim, with dots for claims in claims. */
function rolesOf(payload: JWTPayload, claim: string): ReadonlySet<string> {
  let value: unknown = Object.hasOwn(payload, claim) ? payload[claim] : undefined
  if (value === undefined) {
    value = payload
    for (const name of claim.split('.')) {
      const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
      value = isObject ? (value as Record<string, unknown>)[name] : undefined
    }
  }
  const roles = typeof value === 'string' ? value.split(' ') : value
  return new Set(Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [])
}
