import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies } from './ratings.ts'
import { signIn, startServicesWithSignIn } from './services-with-sign-in.ts'

const [first, second] = (await famousMovies(2)).map(({ id }) => id)
/** Access tokens are refreshed after three quarters of it. */
const accessTokenSeconds = 8

const start = () => startServicesWithSignIn(accessTokenSeconds)

describePage('signing in', { start }, (site) => {
  test('the system page says that it is closed to a visitor', async () => {
    const { origin } = site().services
    await using visitor = await site().visit(`${origin}/system`)
    visitor.expectProblems(/fonts|favicon/, /40[13]/)
    const { page } = visitor
    await page.getByRole('main').getByText('You are not allowed to see this.').first().waitFor()
    expect(await page.getByText('Retrying').count()).toBe(0)
    // Nothing that never comes is waited for.
    expect(await page.getByRole('main').getByText('Loading').count()).toBe(0)
    await page.getByRole('main').getByRole('link', { name: 'Sign in as an operator' }).waitFor()
    const link = page.getByRole('banner').getByRole('link', { name: 'Sign in' })
    expect(await link.evaluate(textOffset)).toBeLessThanOrEqual(2)
  })

  test('a person signs in, rates, reloads, loses the session, and signs out', async () => {
    const { origin, provider } = site().services
    await using visitor = await site().visit(`${origin}/movies/${first}`)
    visitor.expectProblems(
      /favicon|fonts\.googleapis|ERR_NAME_NOT_RESOLVED/,
      /GetRating.* 404|404.*GetRating/,
      /PutRating.* 401|401.*PutRating/,
    )
    const { page } = visitor
    // Rated before the sign-in, and saved after it.
    await rating(page, 4).click()
    await page.getByText('Sign in, and this page saves it.').waitFor()
    await signIn(page, 'ada')
    expect(page.url()).toBe(`${origin}/movies/${first}`)
    await page.getByText('ada Example').waitFor()
    await expectChecked(page, 4)
    await expectMean(first, 4)

    const { cookies } = await sessionOf(page)
    expect(cookies).toEqual([{ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' }])
    expect(await page.evaluate('document.cookie')).toBe('')

    await page.reload()
    await page.getByText('ada Example').waitFor()
    await expectChecked(page, 4)

    // With a name and a button more, a tablet has no room for the links to the pages.
    const wide = page.viewportSize()
    await page.setViewportSize({ width: 768, height: 900 })
    await page.locator('summary').click()
    await page.getByText('ada Example').waitFor()
    await page.locator('summary').click()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(768)
    if (wide) await page.setViewportSize(wide)
    await rating(page, 2).click()
    await expectMean(first, 2)

    // The access token is refreshed, with the page open.
    const before = await sealed(page)
    await Bun.sleep(accessTokenSeconds * 1_000)
    await rating(page, 5).click()
    await expectMean(first, 5)
    // The rating is there before its response, which has the new session, is.
    await eventually(async () => expect(await sealed(page)).not.toBe(before))

    // The session ends, with a rating in flight.
    await page.goto(`${origin}/movies/${second}`)
    await page.getByText('ada Example').waitFor()
    provider.block(true)
    await Bun.sleep(accessTokenSeconds * 1_000)
    await rating(page, 3).click()
    await page.getByText('Sign in, and this page saves it.').waitFor()
    await expectMean(second, 0)
    provider.block(false)
    await signIn(page, 'ada')
    await page.getByText('ada Example').waitFor()
    await expectChecked(page, 3)
    await expectMean(second, 3)

    visitor.expectProblems(/auth\/logout/)
    await page.route('**/auth/logout', (route) => route.abort('connectionrefused'))
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('alert').getByText("Couldn't sign out. Try again.").waitFor()
    await page.unroute('**/auth/logout')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: /Yes, sign me out/ }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    expect((await sessionOf(page)).cookies).toEqual([])
  }, 90_000)

  async function expectMean(movieId: string | undefined, mean: number) {
    await eventually(async () =>
      expect((await site().others.aggregateOf(movieId ?? '')).mean).toBe(mean),
    )
  }
})

/** Runs in the browser: distance of the middle of the text from that of its button. */
function textOffset(button: Element): number {
  const middleOf = ({ top, bottom }: DOMRect) => (top + bottom) / 2
  const range = document.createRange()
  range.selectNodeContents(button)
  const text = middleOf(range.getBoundingClientRect())
  return Math.abs(text - middleOf(button.getBoundingClientRect()))
}

function rating(page: Page, value: number) {
  return page.getByRole('radio', { name: new RegExp(`^${value} of 5`) })
}

async function expectChecked(page: Page, value: number): Promise<void> {
  await eventually(async () => expect(await rating(page, value).isChecked()).toBe(true))
}

async function sessionOf(page: Page) {
  const all = await page.context().cookies()
  return {
    cookies: all
      .filter(({ name }) => name.startsWith('__Host-marquee'))
      .map(({ httpOnly, secure, sameSite, path }) => ({ httpOnly, secure, sameSite, path })),
  }
}

async function sealed(page: Page): Promise<string | undefined> {
  const all = await page.context().cookies()
  return all.find(({ name }) => name === '__Host-marquee-session')?.value
}
