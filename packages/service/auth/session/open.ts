import type { Logger } from 'pino'
import type { ServiceApp } from '../../app.ts'
import type { TokenVerifier } from '../token-verifier.ts'
import type { ProviderOptions } from './provider.ts'
import type { Sessions } from './sessions.ts'

/** How people sign in to the page. */
export interface SignInOptions {
  readonly provider: Omit<ProviderOptions, 'redirectUri'>
  /** Origin of the page, as browsers know it. */
  readonly publicUrl: string
  /** Keys of the cookies: the first one encrypts. Default: a new one, which ends with the process. */
  readonly keys: readonly string[]
  /** Maximum duration of a session, in hours. */
  readonly hoursMax: number
}

export interface SignIn {
  readonly tokenOf: Sessions['tokenOf']
  addTo(app: ServiceApp): void
}

/** Opens sign-in. Its libraries are loaded only here. */
export async function openSignIn(
  { provider: client, publicUrl: origin, keys, hoursMax }: SignInOptions,
  verifier: TokenVerifier,
  log: Pick<Logger, 'warn'>,
): Promise<SignIn> {
  const { createProvider } = await import('./provider.ts')
  const { createSeal } = await import('./seal.ts')
  const { createSessions } = await import('./sessions.ts')
  const { addSessionRoutes } = await import('./routes.ts')
  if (keys.length === 0) {
    log.warn(
      'without --session-key-file, sessions end with this process, and others cannot read them',
    )
  }
  const provider = createProvider({ ...client, redirectUri: `${origin}/auth/callback` })
  const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
  const seal = await createSeal(keys.length === 0 ? [random()] : keys)
  const sessions = createSessions({ provider, verifier, seal, origin, hoursMax, log })
  return {
    tokenOf: sessions.tokenOf,
    addTo: (app) => addSessionRoutes(app, { sessions, provider, seal, origin, log }),
  }
}
