import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '@marquee/testing/free-ports'
import { startProvider, type TestProvider } from '@marquee/testing/oidc-provider'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import type { Page } from 'playwright-core'
import { type Services, startServices } from './services.ts'

const audience = 'urn:marquee'

export interface ServicesWithSignIn extends Services {
  /** Origin of the page, to which the provider sends people back. */
  readonly origin: string
  readonly provider: TestProvider
}

/**
 * Starts the services with an identity provider, so that people sign in to rate.
 * @param accessTokenSeconds Lifetime of an access token, of which it is refreshed after three quarters.
 */
export async function startServicesWithSignIn(
  accessTokenSeconds: number,
): Promise<ServicesWithSignIn> {
  await using stack = new AsyncDisposableStack()
  const [port = 0, providerPort = 0] = await freePorts(2)
  const origin = `http://localhost:${port}`
  const clientSecret = crypto.randomUUID()
  const { path } = stack.use(await temporaryFolder())
  const secretFile = join(path, 'secret')
  await writeFile(secretFile, `${clientSecret}\n`)
  const options = { port: providerPort, pageUrl: origin, clientSecret, audience }
  const provider = stack.use(await startProvider({ ...options, accessTokenSeconds }))
  const tokens = ['--auth-issuer', provider.issuer, '--auth-audience', audience]
  const client = ['--oidc-client-id', 'page', '--oidc-client-secret-file', secretFile]
  const parameters = ['--oidc-parameters', `resource=${audience}`, '--public-url', origin]
  const services = stack.use(
    await startServices([...tokens, ...client, ...parameters, '--port-movie', `${port}`]),
  )
  const kept = stack.move()
  return { ...services, origin, provider, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** Signs in at the provider, from a page that shows the link to it. */
export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in' }).click()
  // The provider may know the person from before.
  const next = page.locator('input[name=login], .account-name').first()
  await next.waitFor({ state: 'attached' })
  if ((await page.locator('input[name=login]').count()) === 0) return
  await page.locator('input[name=login]').fill(name)
  await page.locator('input[name=password]').fill('any')
  await page.getByRole('button', { name: /sign-in/i }).click()
  await page.getByRole('button', { name: /continue/i }).click()
}
