import { expect, test } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServicesApart } from './services-apart.ts'

const rated = await famousMovies(8)
const [best] = rated
const moviePath = `/movies/${best?.id}`
/** Time to recover; the page retries after 10 s at the latest. */
const recoveryTimeoutMs = 25_000

describePage(
  'the page during an outage',
  {
    start: startServicesApart,
    fill: ({ others }) => others.rateMany(ratingsInOrder(rated)),
  },
  (site) => {
    test('a page says that the rating service is down and recovers when it is back', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const movie = await visitor.openPage()
      await movie.goto(moviePath)
      await expectRating(page, '5.0 of 5 from 8 ratings')
      await expectRating(movie, '5.0 of 5 from 8 ratings')
      visitor.expectProblems(/\/services\/rating\//, /ListMovies/)
      await site().services.killRating()
      await page.getByText('Ratings are offline.').waitFor()
      await movie.getByText('Ratings are offline.', { exact: true }).waitFor()
      expect(await movie.getByRole('heading', { level: 1 }).textContent()).toContain(
        best?.title ?? '-',
      )
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()

      const late = await visitor.openPage()
      await late.goto('/')
      // The top list is there, because metadata knows the scores; each rating is not.
      await late.getByText('Ratings are offline.').waitFor()
      expect(await late.getByRole('listitem').count()).toBe(rated.length)
      const footer = late.getByRole('contentinfo')
      await eventually(async () => {
        await late.reload()
        await footer.getByText('3,201 movies').waitFor()
        expect(await footer.getByText(/\d ratings/).count()).toBe(0)
      })

      await site().services.startRating()
      await site().others.rate(best?.id ?? '', 'late', 1)
      for (const each of [page, movie, late]) {
        await each.bringToFront()
        const banner = each.getByText('Ratings are offline.', { exact: true })
        await banner.waitFor({ state: 'detached', timeout: recoveryTimeoutMs })
      }
      await expectRating(page, '4.6 of 5 from 9 ratings')
      await expectRating(movie, '4.6 of 5 from 9 ratings')
      await late.getByRole('region', { name: 'Top rated' }).getByText('No. 1').first().waitFor()
    }, 90_000)

    test('a rating during an outage is rolled back with the reason', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByText('Live', { exact: true }).waitFor()
      visitor.expectProblems(/\/services\/rating\//)
      await site().services.killRating()
      try {
        await rateFirst(page)
        await page.getByText("Couldn't save. Can't reach the rating service.").waitFor()
        await page.getByRole('button', { name: `Rate ${best?.title}` }).waitFor()
        expect(await page.getByRole('button', { name: 'Undo' }).count()).toBe(0)
      } finally {
        await site().services.startRating()
      }
    }, 60_000)

    test('a page whose script is gone says so and can be loaded again', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByText('Live', { exact: true }).waitFor()
      visitor.expectProblems(/404/)
      const script = /\/assets\/.*\.js$/
      await page.route(script, (route) => route.fulfill({ status: 404 }))
      await page.getByRole('link', { name: 'API', exact: true }).click()
      await page.getByText("Couldn't load this page").waitFor()
      await page.unroute(script)
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByRole('heading', { level: 1, name: 'API explorer' }).waitFor()
    })

    test('a page without a network says so and continues when the network is back', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const movie = await visitor.openPage()
      await movie.goto(moviePath)
      const system = await visitor.openPage()
      await system.goto('/system')
      for (const each of [page, movie, system])
        await each.getByText('Live', { exact: true }).waitFor()
      visitor.expectProblems(/ERR_INTERNET_DISCONNECTED/, /ERR_NETWORK_CHANGED/)
      await visitor.context.setOffline(true)
      for (const each of [page, movie, system]) {
        await offlineNotice(each).waitFor()
        await each.getByRole('banner').getByText('Offline').waitFor()
      }
      await rateFirst(page)
      await page.getByText("Couldn't save. You are offline.").waitFor()
      await site().others.rate(best?.id ?? '', 'meanwhile', 1)
      await visitor.context.setOffline(false)
      const { count, mean } = await site().others.aggregateOf(best?.id ?? '')
      for (const each of [page, movie]) {
        await offlineNotice(each).waitFor({ state: 'detached' })
        await expectRating(each, `${mean.toFixed(1)} of 5 from ${count} ratings`)
      }
    }, 60_000)

    test('a hidden page closes its stream and reopens it when it is visible', async () => {
      const { urls } = site().services
      const expectOpen = (count: number) =>
        eventually(async () => expect(await callsInFlight(urls.movie)).toBe(count))
      await expectOpen(0)
      await using visitor = await site().visit(moviePath)
      const { page } = visitor
      await expectOpen(1)
      await hide(page, true)
      await expectOpen(0)
      await site().others.rate(best?.id ?? '', 'unseen', 2)
      await hide(page, false)
      const { count, mean } = await site().others.aggregateOf(best?.id ?? '')
      await expectRating(page, `${mean.toFixed(1)} of 5 from ${count} ratings`)
    }, 60_000)
  },
)

async function expectRating(page: Page, words: string): Promise<void> {
  await page.getByText(words).first().waitFor({ state: 'attached' })
}

async function rateFirst(page: Page): Promise<void> {
  await page.getByRole('listitem').first().getByRole('link').focus()
  await page.keyboard.press('3')
}

function offlineNotice(page: Page): Locator {
  return page.getByRole('status').filter({ hasText: 'You are offline.' })
}

/** Simulates hiding the page, because a headless browser never hides it. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((isHidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
}

/** Number of calls in flight at the movie service without this one: the streams of the pages. */
async function callsInFlight(movieUrl: string): Promise<number> {
  const metrics = await (await fetch(`${movieUrl}/metrics`)).text()
  return Number(/^marquee_calls_in_flight (\d+)$/m.exec(metrics)?.[1]) - 1
}
