import { createServer } from 'node:http'
import { default as Provider } from 'oidc-provider'

/** An OpenID Connect provider on this machine, at which any name signs in with any password. */
export interface TestProvider extends AsyncDisposable {
  readonly issuer: string
  /** Ends the sessions of everybody: their refresh tokens are refused from now on. */
  block(isBlocked: boolean): void
}

export interface TestProviderOptions {
  readonly port: number
  /** Origin of the page of the client `page`. */
  readonly pageUrl: string
  readonly clientSecret: string
  readonly audience: string
  readonly accessTokenSeconds: number
}

/** Starts `oidc-provider` with its development screens. */
export async function startProvider(options: TestProviderOptions): Promise<TestProvider> {
  const { port, pageUrl, clientSecret, audience, accessTokenSeconds } = options
  const issuer = `http://localhost:${port}`
  let isBlocked = false
  const resource = {
    scope: '',
    audience,
    accessTokenTTL: accessTokenSeconds,
    accessTokenFormat: 'jwt' as const,
    jwt: { sign: { alg: 'RS256' as const } },
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'page',
        client_secret: clientSecret,
        redirect_uris: [`${pageUrl}/auth/callback`],
        post_logout_redirect_uris: [`${pageUrl}/`],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    cookies: { keys: ['test'] },
    claims: { profile: ['name'] },
    conformIdTokenClaims: false,
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    findAccount: (_, accountId) =>
      isBlocked
        ? undefined
        : { accountId, claims: () => ({ sub: accountId, name: `${accountId} Example` }) },
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: () => resource },
      revocation: { enabled: true },
    },
  })
  const server = createServer(provider.callback())
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return {
    issuer,
    block(value) {
      isBlocked = value
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
