import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

const rated = await famousMovies(8)

describePage(
  'the colours of the list',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test.each(['light', 'dark'] as const)(
      'the bars of a histogram have a contrast of 3 in %s colours',
      async (colorScheme) => {
        await using visitor = await site().visit('/', { colorScheme })
        const { page } = visitor
        await page.locator('.bars i').first().waitFor({ state: 'attached' })
        const contrast = await page.evaluate(contrastOf, ['.bars i', 'body'] as const)
        expect(contrast).toBeGreaterThanOrEqual(3)
      },
    )

    test('in forced colours, what is chosen differs from what is not', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.emulateMedia({ forcedColors: 'active' })
      await page.getByRole('listitem').first().getByRole('link').focus()
      await page.keyboard.press('4')
      await page.getByRole('button', { name: /^You: 4 of 5/ }).waitFor()
      const pairs = [
        ['.rate-control[data-own] .rate-open', '.rate-control:not([data-own]) .rate-open'],
        ['.segments [aria-current]', '.segments a:not([aria-current])'],
        ['.nav [aria-current]', '.nav a:not([aria-current])'],
        ['.bars [data-own]', '.bars i:not([data-own])'],
      ] as const
      for (const [chosen, other] of pairs) {
        expect(await backgroundOf(page, chosen)).not.toBe(await backgroundOf(page, other))
      }
    })
  },
)

function backgroundOf(page: Page, selector: string): Promise<string> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => getComputedStyle(element).backgroundColor)
}

/** Runs in the browser: returns the contrast of two backgrounds, as WCAG 2 defines it. */
function contrastOf([one, other]: readonly [string, string]): number {
  const luminanceOf = (selector: string) => {
    const element = document.querySelector(selector)
    const context = document.createElement('canvas').getContext('2d')
    if (!element || !context) throw new Error(`there is no ${selector}`)
    // A canvas turns any colour into red, green and blue.
    context.fillStyle = getComputedStyle(element).backgroundColor
    context.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = [...context.getImageData(0, 0, 1, 1).data].map((part) =>
      part <= 10.314 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [low = 0, high = 0] = [luminanceOf(one), luminanceOf(other)].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}
