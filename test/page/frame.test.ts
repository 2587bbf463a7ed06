import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

const rated = await famousMovies(12)
const [best] = rated
const paths = [
  '/',
  '/?q=kubrick',
  `/?q=${'x'.repeat(120)}`,
  '/?view=table',
  `/movies/${best?.id}`,
  '/me',
  '/system',
  '/try',
  '/nope',
]
/** The document of an unknown path has status 404. */
const notFound = /404/

describePage(
  'the frame',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test.each([320, 360, 390, 768, 1440, 1920])(
      'no page is wider than %i pixels',
      async (width) => {
        await using visitor = await site().visit('about:blank', { width })
        const { page } = visitor
        visitor.expectProblems(notFound)
        for (const path of paths) {
          await page.goto(path)
          await page.getByRole('heading', { level: 1 }).waitFor()
          // A wide explorer has no footer.
          await page.getByText('Docs').waitFor({ state: 'attached' })
          const overflow = () =>
            page.evaluate(() => document.documentElement.scrollWidth - document.body.clientWidth)
          await eventually(async () => {
            expect({ path, overflow: Math.max(0, await overflow()) }).toEqual({ path, overflow: 0 })
          })
        }
      },
    )

    test.each([320, 390, 768, 1440, 1920])(
      'neither bars nor control cover mean and count, %i pixels wide',
      async (width) => {
        await using visitor = await site().visit('/', { width })
        const { page } = visitor
        await page
          .locator('.card-mean[data-status="rated"]')
          .nth(rated.length - 1)
          .waitFor()
        expect(await page.evaluate(coveredFigures)).toEqual([])
      },
    )

    test('the footer says how many movies and ratings there are, and that the data is a sample', async () => {
      const fans = Array.from({ length: 1_000 }, (_, n) => `fan-${n}`)
      const { id: recordId = '' } = rated[0] ?? {}
      await site().others.rateMany(fans.map((userId) => ({ recordId, userId, value: 4 })))
      const count = 1_000 + rated.length ** 2
      await using visitor = await site().visit('/')
      const footer = visitor.page.getByRole('contentinfo')
      await footer.getByText('3,201 movies').waitFor()
      // Lists learn of ratings a moment after they are saved.
      await eventually(async () => {
        await visitor.page.reload()
        await footer.getByText('3,201 movies').waitFor()
        expect(await footer.getByText(/ratings$/).allTextContents()).toEqual([
          `${count.toLocaleString('en')} ratings`,
        ])
      })
      await footer.getByText('Sample data: vega-datasets, to 2010; ratings are simulated').waitFor()
    })

    test('a narrow page has a menu, which a navigation closes', async () => {
      await using visitor = await site().visit('/', { width: 320, touch: true })
      const { page } = visitor
      const link = page.getByRole('link', { name: 'System', exact: true })
      expect(await link.isVisible()).toBe(false)
      await page.getByText('Menu').or(page.locator('summary')).tap()
      await link.tap()
      await page.getByRole('heading', { level: 1, name: 'System' }).waitFor()
      expect(await link.isVisible()).toBe(false)
    })

    test('a dialog closes the menu that opened it, and returns the focus to the menu', async () => {
      await using visitor = await site().visit('/', { width: 320, touch: true })
      const { page } = visitor
      const menu = page.locator('summary')
      await menu.tap()
      const shortcuts = page.getByRole('button', { name: 'Keyboard shortcuts' })
      await shortcuts.tap()
      const close = page.getByRole('dialog').getByRole('button', { name: 'Close' })
      await close.waitFor()
      expect(await shortcuts.isVisible()).toBe(false)
      await close.tap()
      expect(await menu.evaluate((one) => one === document.activeElement)).toBe(true)
    })

    test('a narrow page has a search field behind its magnifying glass', async () => {
      await using visitor = await site().visit('/system', { width: 320, touch: true })
      const { page } = visitor
      const search = page.getByRole('banner').getByRole('searchbox')
      const { width = 0, height = 0 } = (await search.boundingBox()) ?? {}
      expect([width, height]).toEqual([44, 44])
      await search.tap()
      await page.keyboard.type('kubrick')
      await page.getByRole('link', { name: 'The Shining, 1980' }).waitFor()
    })

    test('the magnifying glass of a narrow page has no text, in forced colours either', async () => {
      await using visitor = await site().visit('/?q=kubrick', { width: 320 })
      const { page } = visitor
      await page.emulateMedia({ forcedColors: 'active' })
      const search = page.getByRole('banner').getByRole('searchbox')
      const indentOf = () => search.evaluate((one) => getComputedStyle(one).textIndent)
      expect(await indentOf()).toBe('100%')
      await search.click()
      expect(await indentOf()).toBe('0px')
    })

    test('typing on another page opens the search, where Enter opens the first movie', async () => {
      await using visitor = await site().visit('/system')
      const { page } = visitor
      await page.getByRole('heading', { level: 1, name: 'System' }).waitFor()
      await page.keyboard.press('Control+k')
      await page.keyboard.type('the shining')
      await page.getByRole('link', { name: 'The Shining, 1980' }).waitFor()
      expect(await page.getByRole('banner').getByRole('searchbox').inputValue()).toBe('the shining')
      expect(await page.title()).toBe('the shining · Search · Marquee')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: 'The Shining' }).waitFor()
    })

    test('in a search, Down goes to the first movie, and a button clears it', async () => {
      await using visitor = await site().visit('/?q=the+shining')
      const { page } = visitor
      const first = page.getByRole('link', { name: 'The Shining, 1980' })
      await first.waitFor()
      await page.getByRole('searchbox').press('ArrowDown')
      expect(await first.evaluate((link) => link === document.activeElement)).toBe(true)
      await page.getByRole('button', { name: 'Clear the search' }).click()
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      expect(await focusedRole(page)).toBe('search')
    })

    test('a path that is not served shows the page, with status 404', async () => {
      await using visitor = await site().visit('about:blank')
      const { page } = visitor
      visitor.expectProblems(notFound)
      for (const [path, heading] of [
        ['/nope', 'Page not found'],
        ['/movies/nope', 'Movie not found'],
      ] as const) {
        const response = await page.goto(path)
        expect(response?.status()).toBe(404)
        expect(await page.title()).toBe(`${heading} · Marquee`)
        await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      }
    })
  },
)

/** Runs in the browser: bars and controls of cards whose boxes intersect the figures beside them. */
function coveredFigures(): string[] {
  return [...document.querySelectorAll('.card-rating')].flatMap((card) => {
    const figures = [...card.querySelectorAll('.card-mean-value, .card-mean-count')]
    const others = [...card.querySelectorAll('.bars, .rate-open')]
    return figures.flatMap((figure) => {
      const { left, right, top, bottom } = figure.getBoundingClientRect()
      return others
        .map((other) => ({ other, box: other.getBoundingClientRect() }))
        .filter(({ box }) => box.left < right - 0.5 && left < box.right - 0.5)
        .filter(({ box }) => box.top < bottom - 0.5 && top < box.bottom - 0.5)
        .map(({ other }) => `${figure.textContent}: ${other.className}`)
    })
  })
}

function focusedRole(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.activeElement?.getAttribute('type') ?? undefined)
}
