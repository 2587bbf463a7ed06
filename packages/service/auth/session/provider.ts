import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  clockTolerance,
  discovery,
  None,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenRevocation,
} from 'openid-client'

/** Client of an OpenID Connect provider. */
export interface ProviderOptions {
  /** Issuer, with a discovery document below it. http is for loopback only. */
  readonly issuer: string
  readonly clientId: string
  /** Without one, the client is public, and PKCE alone protects the code. */
  readonly clientSecret?: string
  /** Scopes, with spaces between: `openid profile offline_access`. */
  readonly scope: string
  /** Further parameters, such as `resource` or `audience`. */
  readonly parameters: Readonly<Record<string, string>>
  readonly redirectUri: string
  /** Accepted difference of clocks, in seconds. */
  readonly clockToleranceSeconds: number
}

/** Values of one sign-in, which its browser keeps (RFC 7636, OpenID Connect Core §3.1.2.1). */
export interface SignInChecks {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export interface ProviderTokens {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** Name of the person for display. `undefined` after a refresh. */
  readonly name: string | undefined
}

/** Sign-in at a provider. Methods reject when the provider refuses or cannot be reached. */
export interface Provider {
  /** Returns the URL at which the person signs in. */
  begin(checks: SignInChecks): Promise<string>
  /** @param query Query of the request to the redirect URI. */
  finish(query: string, checks: SignInChecks): Promise<ProviderTokens>
  refresh(refreshToken: string): Promise<ProviderTokens>
  revoke(refreshToken: string): Promise<void>
  /** Returns the URL at which the person signs out of the provider, if it has one. */
  endUrl(returnTo: string): Promise<string | undefined>
}

/** Timeout of a request to the provider, in seconds. */
const timeoutSeconds = 10

/** Returns the reason of a failure for the log. Other parts of these errors may have tokens. */
export function reasonOf(error: unknown): string {
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    return `${error.error}: ${error.error_description ?? error.message}`
  }
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}

export function createChecks(): SignInChecks {
  return { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
}

export function createProvider(options: ProviderOptions): Provider {
  const { scope, parameters, redirectUri } = options
  let discovered: Promise<Configuration> | undefined
  /** Reads the discovery document once. After a failure, the next call reads it again. */
  const configuration = () => {
    discovered ??= discover(options).catch((error) => {
      discovered = undefined
      throw error
    })
    return discovered
  }
  return {
    async begin({ state, nonce, verifier }) {
      const url = buildAuthorizationUrl(await configuration(), {
        ...parameters,
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return url.href
    },
    async finish(query, { state, nonce, verifier }) {
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      }
      const url = new URL(query, redirectUri)
      const response = await authorizationCodeGrant(await configuration(), url, checks, parameters)
      const claims = response.claims()
      const names = [claims?.name, claims?.preferred_username, claims?.email]
      const shown = names.find((one): one is string => typeof one === 'string' && one !== '')
      return { ...tokensOf(response), name: shown }
    },
    async refresh(refreshToken) {
      const response = await refreshTokenGrant(await configuration(), refreshToken, parameters)
      return { ...tokensOf(response), name: undefined }
    },
    async revoke(refreshToken) {
      const known = await configuration()
      if (known.serverMetadata().revocation_endpoint) await tokenRevocation(known, refreshToken)
    },
    async endUrl(returnTo) {
      const known = await configuration()
      if (!known.serverMetadata().end_session_endpoint) return undefined
      return buildEndSessionUrl(known, { post_logout_redirect_uri: returnTo }).href
    },
  }
}

async function discover(options: ProviderOptions): Promise<Configuration> {
  const { issuer, clientId, clientSecret, clockToleranceSeconds } = options
  const isClear = issuer.startsWith('http:')
  const metadata = { [clockTolerance]: clockToleranceSeconds }
  const find = (authentication: ReturnType<typeof None>) =>
    discovery(new URL(issuer), clientId, metadata, authentication, {
      timeout: timeoutSeconds,
      execute: isClear ? [allowInsecureRequests] : [],
    })
  if (clientSecret === undefined) return await find(None())
  // A provider that lists nothing takes the secret by HTTP Basic (RFC 8414 §2).
  return await find((server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const isBasic = methods.includes('client_secret_basic')
    return (isBasic ? ClientSecretBasic : ClientSecretPost)(clientSecret)(server, ...rest)
  })
}

function tokensOf(response: { access_token: string; refresh_token?: string }) {
  return { accessToken: response.access_token, refreshToken: response.refresh_token }
}
