import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { collectListRequests, listCalls, readListRequest } from './list-requests.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

/** More movies than one page of the list has. */
const rated = await famousMovies(60)
const [best] = rated

describePage(
  'the list',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test('the list shows the best rated movie first, each with its facts and rating', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await eventually(async () => {
        const names = rated.slice(0, 12).map(({ name }) => name)
        expect((await linkNames(page, 'Top rated')).slice(0, 12)).toEqual(names)
      })
      expect(await page.title()).toBe('Marquee')
      const [, second] = rated
      const card = page.getByRole('listitem').nth(1)
      const text = await card.textContent()
      expect(text).toContain(second?.title ?? '')
      expect(text).toContain(second?.director ?? '')
      expect(text).toContain(second?.name.slice(-4) ?? '')
      // 59 fives and a two.
      expect(text).toContain('5.0 of 5 from 60 ratings')
      const choices = card.getByRole('group', { name: `Rate ${second?.title}` }).getByRole('radio')
      expect(await choices.count()).toBe(10)
    })

    test('scrolling loads more of the list, and after the top list the unrated movies', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const requests = collectListRequests(page)
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      const last = page.getByRole('link', { name: rated.at(-1)?.name ?? '', exact: true })
      await scrollUntil(page, () => last.isVisible())
      const heading = page.getByRole('heading', { name: 'Not rated yet, A to Z' })
      await scrollUntil(page, () => heading.isVisible())
      const rest = page.getByRole('region', { name: 'Not rated yet' }).getByRole('link')
      await scrollUntil(page, async () => (await rest.count()) > 24)
      const tokens = requests.map(({ pageToken }) => pageToken)
      expect(new Set(tokens).size).toBe(tokens.length)
      expect(tokens.length).toBeGreaterThanOrEqual(2)
    })

    test('the list renders only what is near the viewport, however far it is scrolled', async () => {
      await using visitor = await site().visit('/?order=title')
      const { page } = visitor
      await page.getByRole('listitem').first().waitFor()
      const height = () => page.evaluate(() => document.documentElement.scrollHeight)
      const from = await height()
      await scrollUntil(page, async () => (await height()) > 5 * from)
      expect(await page.getByRole('listitem').count()).toBeLessThanOrEqual(120)
    })

    test('typing finds a movie with one request when the typing pauses', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      const requests = collectListRequests(page)
      await page.getByRole('searchbox').pressSequentially('kubrick')
      const found = page.getByRole('link', { name: 'The Shining, 1980' })
      await found.waitFor()
      expect(requests.map(({ query }) => query)).toEqual(['kubrick'])
      await eventually(async () => {
        expect(await page.getByRole('status').allInnerTexts()).toContain('6 results for kubrick')
      })
      expect(new URL(page.url()).search).toBe('?q=kubrick')
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
    })

    test('a late response to an older search is dropped', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      const release = Promise.withResolvers<void>()
      const late = Promise.withResolvers<void>()
      await page.route(listCalls, async (route) => {
        if (readListRequest(route.request()).query !== 'kubrick') return route.continue()
        const response = await route.fetch()
        late.resolve()
        await release.promise
        // The page may have canceled the request.
        await route.fulfill({ response }).catch(() => {})
      })
      const search = page.getByRole('searchbox')
      await search.fill('kubrick')
      await late.promise
      await search.fill('tarantino')
      const found = page.getByRole('link', { name: 'Pulp Fiction, 1994' })
      await found.waitFor()
      release.resolve()
      // A late response would be rendered within a frame or two.
      await frames(page, 5)
      expect(await found.isVisible()).toBe(true)
      expect(await page.getByRole('link', { name: 'The Shining, 1980' }).count()).toBe(0)
    })

    test('a search without results says so and links to all movies', async () => {
      await using visitor = await site().visit('/?q=zzzz')
      const { page } = visitor
      await page.getByText('No title or director starts with').waitFor()
      expect(await page.getByRole('searchbox').inputValue()).toBe('zzzz')
      await page.getByRole('link', { name: 'Show all movies' }).click()
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      expect(await page.getByRole('searchbox').inputValue()).toBe('')
    })

    test('the list can be sorted by title, and Back and Forward restore the order', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      await page.getByRole('link', { name: 'A to Z' }).click()
      const byTitle = page.getByRole('region', { name: 'Movies by title' })
      await byTitle.getByRole('link').first().waitFor()
      const titles = await linkNames(page, 'Movies by title')
      expect(titles.slice(0, 12)).toEqual(
        titles.slice(0, 12).toSorted(new Intl.Collator('en').compare),
      )
      await page.goBack()
      await page.getByRole('region', { name: 'Top rated' }).getByRole('link').first().waitFor()
      await page.goForward()
      await byTitle.getByRole('link').first().waitFor()
    })

    test('a list that fails to load says so and is retried automatically', async () => {
      await using visitor = await site().visit('/system')
      const { page } = visitor
      visitor.expectProblems(/ListMovies/)
      await page.route(listCalls, (route) => route.abort('connectionrefused'))
      await page.getByRole('link', { name: 'Movies', exact: true }).click()
      await page.getByText("Couldn't load movies").waitFor()
      await page.unroute(listCalls)
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
    })
  },
)

describePage('the list without ratings', { start: startServices }, (site) => {
  test('a list without ratings invites to rate and shows the catalogue', async () => {
    await using visitor = await site().visit('/')
    const { page } = visitor
    await page.getByText('No ratings yet.').waitFor()
    expect(await page.getByRole('listitem').count()).toBeGreaterThan(10)
    expect(await page.getByRole('listitem').first().textContent()).toContain('Not rated yet')
  })
})

function linkNames(page: Page, region: string): Promise<string[]> {
  const links = page.getByRole('region', { name: region }).getByRole('link')
  return links.evaluateAll((all) =>
    all.map((link) => link.querySelector('.visually-hidden')?.textContent ?? ''),
  )
}

/** Scrolls by the wheel, as a person does, until the condition holds. */
async function scrollUntil(page: Page, isReached: () => Promise<boolean>): Promise<void> {
  await page.mouse.move(700, 500)
  await eventually(async () => {
    if (await isReached()) return
    await page.mouse.wheel(0, 700)
    throw new Error('not reached yet: scrolled further')
  })
}

async function frames(page: Page, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
  }
}
