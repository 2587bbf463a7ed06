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

/** Thrown for a call that is refused. The message says what is wrong, then what to do. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly failure: AuthFailure

  constructor(failure: AuthFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.failure = failure
  }
}
