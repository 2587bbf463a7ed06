import { expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, type KnownMovie, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

const movies = await famousMovies(8)
const [first, second] = movies as [KnownMovie, KnownMovie]

describePage(
  'my ratings',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(movies)) },
  (site) => {
    test('without ratings, the page invites to rate famous movies', async () => {
      await using visitor = await site().visit('/me')
      const { page } = visitor
      await page.getByText('Rate a movie and it shows up here.').waitFor()
      expect(await page.title()).toBe('My ratings · Marquee')
      await eventually(async () => expect(await page.getByRole('listitem').count()).toBe(6))
      const link = page.getByRole('listitem').first().getByRole('link')
      await link.focus()
      await page.keyboard.press('5')
      await page.getByText('1 rating · average 5.0').waitFor()
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
      await page.getByRole('link', { name: 'My ratings (1)' }).waitFor()
      await page.reload()
      await page.getByText('1 rating · average 5.0').waitFor()
    })

    test('each of the famous movies shows how to rate it, without being pointed at', async () => {
      await using visitor = await site().visit('/me')
      const buttons = visitor.page.locator('.me-famous .rate-open')
      await eventually(async () => expect(await buttons.count()).toBe(6))
      for (const button of await buttons.all()) {
        expect(await button.evaluate((one) => getComputedStyle(one).opacity)).toBe('1')
      }
      expect(await visitor.page.getByRole('navigation', { name: 'Sort' }).count()).toBe(0)
    })

    test('without the rating service, the page does not say that there are no ratings', async () => {
      await using visitor = await site().visit('about:blank')
      const { page } = visitor
      visitor.expectProblems(/ListRatings/)
      await page.route(/ListRatings/, (route) => route.abort('connectionrefused'))
      await page.goto('/me')
      await page.getByText("Couldn't load your ratings").waitFor()
      expect(await page.getByText('Rate a movie and it shows up here.').count()).toBe(0)
      await page.unroute(/ListRatings/)
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByText('Rate a movie and it shows up here.').waitFor()
    })

    test('a rated movie is listed, sorted, exported, and gone when it is removed', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await rate(page, first, 4)
      await rate(page, second, 2)
      await page.getByRole('link', { name: 'My ratings (2)' }).click()
      await page.getByText('2 ratings · average 3.0').waitFor()
      await page.getByText('Saved in this browser only').waitFor()
      expect(await names(page)).toEqual([second.name, first.name])
      await page.getByRole('link', { name: 'My rating', exact: true }).click()
      await eventually(async () => expect(await names(page)).toEqual([first.name, second.name]))
      expect(new URL(page.url()).search).toBe('?sort=value')
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export JSON' }).click(),
      ])
      const exported = JSON.parse(await readFile(await download.path(), 'utf8'))
      expect(exported).toMatchObject([
        { movieId: second.id, value: 2 },
        { movieId: first.id, value: 4 },
      ])
      await page.getByRole('button', { name: `Remove your rating of ${first.title}` }).click()
      await page.getByText('1 rating · average 2.0').waitFor()
      await page.reload()
      await page.getByText('1 rating · average 2.0').waitFor()
      expect(await names(page)).toEqual([second.name])
    })

    test('the ratings of this browser are shown while the service is unavailable', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await rate(page, first, 4)
      await page.getByRole('link', { name: 'My ratings (1)' }).waitFor()
      visitor.expectProblems(/ListRatings/)
      await page.route(/ListRatings/, (route) => route.abort('connectionrefused'))
      await page.getByRole('link', { name: 'My ratings (1)' }).click()
      await page.getByText('Showing the ratings saved in this browser').waitFor()
      expect(await names(page)).toEqual([first.name])
    })
  },
)

async function rate(page: Page, movie: KnownMovie, value: number): Promise<void> {
  await page.getByRole('link', { name: movie.name, exact: true }).focus()
  await page.keyboard.press(String(value))
  await page
    .getByRole('button', { name: `You: ${value} of 5 for ${movie.title}. Change it` })
    .waitFor()
}

function names(page: Page): Promise<string[]> {
  const links = page.getByRole('region', { name: 'My ratings' }).getByRole('link')
  return links.evaluateAll((all) =>
    all.map((link) => link.querySelector('.visually-hidden')?.textContent ?? ''),
  )
}
