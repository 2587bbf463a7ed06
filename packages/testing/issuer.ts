import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** An issuer of tokens on this machine, with its keys at `jwksUrl`. */
export interface TestIssuer extends AsyncDisposable {
  /** Name of the issuer, with a discovery document below it. */
  readonly url: string
  readonly jwksUrl: string
  /** Number of requests for the keys so far. */
  readonly loadCount: number
  /**
   * Signs a token of the current key, which is valid for five minutes.
   * @param claims Claims to add or replace; `undefined` removes one.
   */
  token(claims?: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>
  /** Replaces the key, and publishes only the new one. */
  rotate(): Promise<void>
  /** The private key, with `kid` and `alg`. */
  readonly key: JWK
  /** Makes the requests for keys fail. */
  fail(isFailing: boolean): void
}

export const testAudience = 'marquee'

/** Starts an issuer of tokens by ES256. */
export async function startIssuer(): Promise<TestIssuer> {
  let loadCount = 0
  let isFailing = false
  let rotations = 0
  const newKey = async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const identity = { kid: `key-${rotations++}`, alg: 'ES256' }
    const publicKey = { ...(await exportJWK(pair.publicKey)), ...identity }
    return {
      pair,
      identity,
      publicKey,
      privateKey: { ...(await exportJWK(pair.privateKey)), ...identity },
    }
  }
  let current = await newKey()
  const server = createServer((request, response) => {
    const respond = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (isFailing) return respond(503, {})
    if (request.url === '/jwks') {
      loadCount++
      return respond(200, { keys: [current.publicKey] })
    }
    return respond(200, { issuer: url, jwks_uri: `${url}/jwks` })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    jwksUrl: `${url}/jwks`,
    get loadCount() {
      return loadCount
    },
    get key() {
      return current.privateKey
    },
    async token(claims = {}, header = {}) {
      const seconds = Math.floor(Date.now() / 1_000)
      const standard = { iss: url, aud: testAudience, sub: 'ann', iat: seconds, exp: seconds + 300 }
      return await new SignJWT({ ...standard, ...claims })
        .setProtectedHeader({ ...current.identity, ...header })
        .sign(current.pair.privateKey)
    },
    async rotate() {
      current = await newKey()
    },
    fail(value) {
      isFailing = value
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
