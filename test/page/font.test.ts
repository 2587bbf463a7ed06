import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, frames } from './describe-page.ts'
import { collectLayoutShifts, layoutShiftsOf } from './layout-shifts.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

const rated = await famousMovies(12)
const [best] = rated
const layoutShiftMax = 0.005
/** Maximum part by which a text is wider or narrower before the font is loaded. */
const widthErrorMax = 0.04

/** Waits for each page to be loaded, by path. */
const pages: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  '/': (page) => page.locator('.card .bars').first().waitFor({ state: 'attached' }),
  [`/movies/${best?.id}`]: (page) => page.getByRole('region', { name: 'More like this' }).waitFor(),
  '/me': (page) => page.locator('.card .bars').first().waitFor({ state: 'attached' }),
  '/system': (page) => page.locator('canvas').nth(2).waitFor(),
}

describePage(
  'the font',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    for (const [path, waitUntilLoaded] of Object.entries(pages)) {
      test.each([1440, 390])(
        `moves nothing on ${path} when it comes late, at %i px`,
        async (width) => {
          await using visitor = await site().visit('about:blank', { width })
          const { page } = visitor
          await page.addInitScript(collectLayoutShifts)
          const release = Promise.withResolvers<void>()
          await page.route(/\.woff2$/, async (route) => {
            await release.promise
            await route.continue()
          })
          await page.goto(path, { waitUntil: 'commit' })
          await waitUntilLoaded(page)
          await frames(page, 10)
          expect(await isLoaded(page)).toBe(false)
          const before = (await layoutShiftsOf(page)).length
          release.resolve()
          await page.waitForFunction(() => document.fonts.check('16px Archivo'))
          await frames(page, 10)
          expect(await isLoaded(page)).toBe(true)
          const shifts = (await layoutShiftsOf(page)).slice(before)
          const sum = shifts.reduce((total, { value }) => total + value, 0)
          expect(sum < layoutShiftMax ? [] : shifts).toEqual([])
        },
      )
    }

    test.each([
      ['400 16px', '100%', 'Find a movie, rate it, and watch its rating change live.'],
      ['600 14px', '100%', 'Movies My ratings System API Posters Compact Hide rated by me'],
      ['700 20px', '100%', 'More like this, Details, Methods, Instances, Dead letters'],
      ['800 39px', '88%', 'Top rated, Most rated, Newest, Oldest, My ratings, System'],
      ['600 12px', '88%', 'Francis Ford Coppola, Thriller, Suspense, No. 1, 1999'],
      ['860 40px', '62%', 'THE LORD OF THE RINGS: THE FELLOWSHIP OF THE RING'],
      ['900 20px', '125%', 'Marquee'],
    ])('a text of %s and %s is as wide in the fallback', async (font, stretch, text) => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.waitForFunction(() => document.fonts.check('16px Archivo'))
      const [own, fallback] = await page.evaluate(measure, { font, stretch, text })
      expect(own.width).toBeGreaterThan(0)
      expect(fallback.width).not.toBe(own.width)
      expect(Math.abs(fallback.width / own.width - 1)).toBeLessThanOrEqual(widthErrorMax)
      expect(Math.abs(fallback.height - own.height)).toBeLessThanOrEqual(1)
    })
  },
)

function isLoaded(page: Page): Promise<boolean> {
  return page.evaluate(() =>
    [...document.fonts].some(({ family, status }) => family === 'Archivo' && status === 'loaded'),
  )
}

interface Text {
  readonly font: string
  readonly stretch: string
  readonly text: string
}

/** Runs in the browser: the size of a text in the font, and in the fallback. */
function measure({ font, stretch, text }: Text) {
  const sizeIn = (family: string) => {
    const element = document.createElement('span')
    element.style.font = `${font} ${family}`
    element.style.fontStretch = stretch
    element.style.whiteSpace = 'pre'
    element.textContent = text
    document.body.append(element)
    const { width, height } = element.getBoundingClientRect()
    element.remove()
    return { width, height }
  }
  // A local font is loaded with its first use.
  sizeIn('"Archivo Fallback"')
  return [sizeIn('Archivo'), sizeIn('"Archivo Fallback"')] as const
}
