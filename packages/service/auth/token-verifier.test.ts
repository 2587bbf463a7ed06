import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startIssuer, type TestIssuer, testAudience } from '@marquee/testing/issuer'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import type { JWTPayload } from 'jose'
import { AuthError } from './auth-error.ts'
import { createServiceToken } from './service-token.ts'
import { createTokenVerifier, type Issuer, type TokenVerifierOptions } from './token-verifier.ts'

let issuer: TestIssuer
const warnings: string[] = []

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
})

function setUp(options: Partial<TokenVerifierOptions> = {}) {
  return createTokenVerifier({
    issuers: [{ name: issuer.url, keys: { discovery: issuer.url } }],
    audiences: [testAudience],
    rolesClaim: 'roles',
    clockToleranceSeconds: 5,
    onWarning: (message) => void warnings.push(message),
    ...options,
  })
}

async function failureOf(verifying: unknown): Promise<AuthError> {
  try {
    await verifying
  } catch (error) {
    if (error instanceof AuthError) return error
    throw error
  }
  throw new Error('the token was accepted')
}

test.each([
  ['a list', { roles: ['editor', 'ingest'] }, 'roles'],
  ['words', { scope: 'editor ingest' }, 'scope'],
  ['a claim in a claim', { realm_access: { roles: ['editor', 'ingest'] } }, 'realm_access.roles'],
  ['a claim with dots in its name', { 'x.roles': ['editor', 'ingest'] }, 'x.roles'],
])('the roles of a token can be %s', async (_, claims: JWTPayload, rolesClaim) => {
  using verifier = setUp({ rolesClaim })
  const { subject, roles } = await verifier.verify(await issuer.token(claims))
  expect({ subject, roles: [...roles] }).toEqual({ subject: 'ann', roles: ['editor', 'ingest'] })
})

test.each<[string, JWTPayload]>([
  ['no roles', {}],
  ['roles that are no texts', { roles: [1, null, { editor: true }] }],
  ['roles that are an object', { roles: { editor: true } }],
  ['a prototype as its claim', { ['__proto__']: { roles: ['editor'] } }],
])('a token with %s has none', async (_, claims) => {
  using verifier = setUp()
  expect((await verifier.verify(await issuer.token(claims))).roles.size).toBe(0)
})

describe('a token is refused', () => {
  const past = Math.floor(Date.now() / 1_000) - 60
  test.each<[string, JWTPayload, string]>([
    ['after its end', { exp: past }, 'the token has expired'],
    ['without an end', { exp: undefined }, 'the token\'s claim "exp" is missing or wrong'],
    ['without a subject', { sub: undefined }, 'the token\'s claim "sub" is missing or wrong'],
    ['with an empty subject', { sub: '' }, 'the token has an empty subject'],
    ['before its begin', { nbf: past + 600 }, 'the token is not valid yet'],
    ['for another audience', { aud: 'other' }, 'the token is for another audience'],
    ['of another issuer', { iss: 'https://other.example' }, 'the issuer of the token is unknown'],
  ])('%s', async (_, claims, message) => {
    using verifier = setUp()
    const error = await failureOf(verifier.verify(await issuer.token(claims)))
    expect(error).toMatchObject({ failure: 'invalid', message })
  })

  test.each([
    ['that is no token', 'not-a-token', 'the token is no JSON Web Token'],
    ['that is too long', 'x'.repeat(8_193), 'the token is longer than 8192 characters'],
  ])('%s', async (_, token, message) => {
    using verifier = setUp()
    const error = await failureOf(verifier.verify(token))
    expect(error).toMatchObject({ failure: 'invalid', message })
  })

  test('when its algorithm is not accepted', async () => {
    using verifier = setUp({ algorithms: ['RS256'] })
    const error = await failureOf(verifier.verify(await issuer.token()))
    expect(error.message).toBe("the token's algorithm is not accepted")
  })

  test('when it was valid before, and its end has come', async () => {
    let nowMs = Date.now()
    using verifier = setUp({ clock: () => nowMs })
    const token = await issuer.token()
    await verifier.verify(token)
    nowMs += 306_000
    const late = Promise.resolve().then(() => verifier.verify(token))
    expect((await failureOf(late)).message).toBe('the token has expired')
  })
})

test('a verified token is verified again without waiting', async () => {
  using verifier = setUp()
  const token = await issuer.token()
  await verifier.verify(token)
  await verifier.verify(token)
  expect(verifier.verify(token)).not.toBeInstanceOf(Promise)
})

test('no call fails while the key changes, and tokens of the removed key are refused', async () => {
  await using rotating = await startIssuer()
  using verifier = setUp({ issuers: [{ name: rotating.url, keys: { url: rotating.jwksUrl } }] })
  const old = await rotating.token()
  const before = await verifier.verify(old)
  await rotating.rotate()
  const fresh = await rotating.token({ sub: 'bob' })
  // The removed key is not noticed before somebody uses the new one.
  const all = await Promise.all([
    ...Array.from({ length: 50 }, () => verifier.verify(old)),
    ...Array.from({ length: 50 }, () => verifier.verify(fresh)),
  ])
  expect(all[0]).toEqual(before)
  expect(all[99]?.subject).toBe('bob')
  const removed = Promise.resolve().then(() => verifier.verify(old))
  expect((await failureOf(removed)).message).toBe("the token's key is unknown")
  // One load for the first token, one for the new key, and one for the removed key.
  expect(rotating.loadCount).toBeLessThanOrEqual(3)
})

test('an issuer that is down is UNAVAILABLE before its keys are known, and no matter after', async () => {
  await using failing = await startIssuer()
  using verifier = setUp({ issuers: [{ name: failing.url, keys: { discovery: failing.url } }] })
  failing.fail(true)
  const error = await failureOf(verifier.verify(await failing.token()))
  expect(error.failure).toBe('unavailable')
  expect(warnings.at(-1)).toContain('responded with 503')
  failing.fail(false)
  const token = await failing.token()
  await waitFor(() => verifier.verify(token), { what: 'another load of the keys' })
  failing.fail(true)
  const { subject } = await verifier.verify(await failing.token({ sub: 'bob' }))
  expect(subject).toBe('bob')
})

test('the keys can be in a file', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'keys.json')
  await writeFile(file, await (await fetch(issuer.jwksUrl)).text())
  using verifier = setUp({ issuers: [{ name: issuer.url, keys: { file } }] })
  expect((await verifier.verify(await issuer.token())).subject).toBe('ann')
})

test('a discovery document of another issuer is refused', async () => {
  const name = `${issuer.url}/other`
  using verifier = setUp({ issuers: [{ name, keys: { discovery: name } }] })
  const error = await failureOf(verifier.verify(await issuer.token({ iss: name })))
  expect(error.failure).toBe('unavailable')
  expect(warnings.at(-1)).toContain(`names the issuer "${issuer.url}"`)
})

test('a service signs tokens for others, and renews them before their end', async () => {
  let nowMs = Date.now()
  const keys: Issuer['keys'] = { url: issuer.jwksUrl }
  const identity = { name: 'movie', issuer: 'marquee', audience: testAudience, key: issuer.key }
  const token = await createServiceToken(identity, () => nowMs)
  using verifier = setUp({ issuers: [{ name: 'marquee', keys }], clock: () => nowMs })
  const first = await token()
  expect(await token()).toBe(first)
  const { subject, roles } = await verifier.verify(first)
  expect({ subject, roles: [...roles] }).toEqual({ subject: 'movie', roles: ['service'] })
  nowMs += 250_000
  const next = await token()
  expect(next).not.toBe(first)
  expect((await verifier.verify(next)).subject).toBe('movie')
})
