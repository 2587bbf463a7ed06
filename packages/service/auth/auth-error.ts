/** Why a call is refused. */
export type AuthFailure =
  /** It has no credentials. */
  | 'missing'
  /** Its token is not valid. */
  | 'invalid'
  /** Its caller may not do that. */
  | 'forbidden'
  /** The keys of the issuer are not available. */
  | 'unavailable'

/** Reason for programs. */
export interface AuthReason {
  /** Default: that of the failure. */
  readonly reason?: 'TOKEN_EXPIRED' | 'ACCESS_RULE_MISSING' | 'ADMIN_PORT_REQUIRED'
  /** Role that the caller's token lacks. */
  readonly role?: string
  readonly cause?: unknown
}

/** Thrown for a call that is refused. The message says what is wrong, then what to do. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly failure: AuthFailure
  readonly reason: AuthReason['reason']
  readonly role: string | undefined

  constructor(failure: AuthFailure, message: string, { cause, reason, role }: AuthReason = {}) {
    super(message, { cause })
    this.failure = failure
    this.reason = reason
    this.role = role
  }
}
