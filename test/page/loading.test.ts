import { expect, test } from 'bun:test'
import type { Page, Request } from 'playwright-core'
import { describePage, eventually, frames, type Site } from './describe-page.ts'
import { collectLayoutShifts, layoutShiftsOf } from './layout-shifts.ts'
import { listCalls } from './list-requests.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'
import type { Visitor } from './visitor.ts'

/**
 * Half of the script is the typed clients. They grow with every RPC of the services, whose
 * descriptors a client has in full. The filters of the list took the last step from 60,000.
 */
const scriptBytesMax = 64_000
/** Scripts, comments of the protos, and the reflection of all services. */
const explorerBytesMax = 150_000
const layoutShiftMax = 0.01
/** Delay of responses, so that the loading state is visible. */
const responseDelayMs = 150
const rated = await famousMovies(12)
const [best] = rated

const explorer = '/try/rating.v1.RatingService/PutRating'

/** Waits for each page to be loaded, by path. */
const pages: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  '/': (page) => page.getByRole('link', { name: best?.name ?? '' }).waitFor(),
  [`/movies/${best?.id}`]: (page) => page.getByRole('region', { name: 'More like this' }).waitFor(),
  '/system': (page) => page.locator('canvas').nth(2).waitFor(),
  [explorer]: (page) => page.getByRole('button', { name: 'Send' }).waitFor(),
}

describePage(
  'loading the page',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test(`the list takes at most ${scriptBytesMax} bytes of compressed script`, async () => {
      await using visitor = await visitCollecting(site())
      const { page, requests } = visitor
      await page.goto('/')
      await pages['/']?.(page)
      await page.getByText('Live', { exact: true }).waitFor()
      const scripts = requests.filter((request) => request.resourceType() === 'script')
      expect(scripts.length).toBeGreaterThan(0)
      const sizes = await Promise.all(scripts.map((request) => request.sizes()))
      const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0)
      expect(bytes).toBeGreaterThan(0)
      expect(bytes).toBeLessThanOrEqual(scriptBytesMax)
    })

    test(`the API explorer takes at most ${explorerBytesMax} bytes after the shell`, async () => {
      await using visitor = await visitCollecting(site())
      const { page, requests } = visitor
      await page.goto('/')
      await pages['/']?.(page)
      const shell = new Set(requests.map((request) => request.url()))
      await page.goto('about:blank')
      requests.length = 0
      await page.goto(explorer)
      await pages[explorer]?.(page)
      await page.waitForLoadState('networkidle')
      const added = requests.filter(
        (request) => !shell.has(request.url()) && request.failure() === null,
      )
      expect(added.map((request) => request.url()).join()).toContain('ServerReflectionInfo')
      const sizes = await Promise.all(added.map((request) => request.sizes()))
      const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0)
      expect(bytes).toBeLessThanOrEqual(explorerBytesMax)
    })

    test.each([
      ['/', listCalls],
      ['/me', /\/assets\/page-/],
      ['/system', /\/assets\/plot-/],
      [explorer, /\/assets\/proto-comments-/],
    ])('%s requests what its scripts need before they have run', async (path, url) => {
      await using visitor = await visitCollecting(site())
      const { page, requests } = visitor
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      const matching = () => requests.filter((request) => url.test(request.url()))
      await eventually(() => expect(matching()).toHaveLength(1))
      const times = (wanted: string | undefined) => {
        const all = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
        const script = document.querySelector('script')?.src
        const named = (name: string | undefined) => all.find((entry) => entry.name === name)
        return { startMs: named(wanted)?.startTime ?? 0, scriptMs: named(script)?.responseEnd ?? 0 }
      }
      await eventually(async () => {
        const { startMs, scriptMs } = await page.evaluate(times, matching()[0]?.url())
        // A request is among the entries when it has ended.
        expect(startMs).toBeGreaterThan(0)
        expect(startMs).toBeLessThan(scriptMs)
      })
    })

    test('a list with a query does not request the list without it', async () => {
      await using visitor = await visitCollecting(site())
      await visitor.page.goto('/?genre=Drama')
      await visitor.page.getByText('Live', { exact: true }).waitFor()
      expect(visitor.requests.filter((request) => listCalls.test(request.url()))).toHaveLength(1)
    })

    test("every asset comes from the page's origin, compressed and immutable", async () => {
      await using visitor = await visitCollecting(site())
      const { page, requests } = visitor
      for (const [path, waitUntilLoaded] of Object.entries(pages)) {
        await page.goto(path)
        await waitUntilLoaded(page)
      }
      const origins = new Set(requests.map((request) => new URL(request.url()).origin))
      expect([...origins]).toEqual([site().services.urls.movie])
      const assets = requests.filter((request) => request.url().includes('/assets/'))
      expect(assets.length).toBeGreaterThan(4)
      for (const request of assets) {
        const headers = (await request.response())?.headers() ?? {}
        expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
        if (/\.(js|css)$/.test(request.url())) {
          const { responseBodySize } = await request.sizes()
          if (responseBodySize > 512) expect(headers['content-encoding']).toBeOneOf(['br', 'gzip'])
        }
      }
    })

    for (const [path, waitUntilLoaded] of Object.entries(pages)) {
      test.each([1440, 390])(
        `no element moves while ${path} loads, %i pixels wide`,
        async (width) => {
          await using visitor = await site().visit('about:blank', { width })
          const { page } = visitor
          await page.addInitScript(collectLayoutShifts)
          await page.route(/\/\w+\.v1\.\w+\/\w+/, async (route) => {
            await Bun.sleep(responseDelayMs)
            await route.continue()
          })
          await page.goto(path)
          await waitUntilLoaded(page)
          await page.evaluate(() => document.fonts.ready)
          await frames(page, 10)
          const shifts = await layoutShiftsOf(page)
          const sum = shifts.reduce((total, { value }) => total + value, 0)
          expect(sum < layoutShiftMax ? [] : shifts).toEqual([])
          expect(await overflowOf(page)).toBe(0)
        },
      )
    }

    test('nothing moves when the person prefers reduced motion', async () => {
      await using visitor = await site().visit('/', { reducedMotion: 'reduce' })
      const { page } = visitor
      const release = Promise.withResolvers<void>()
      await page.route(/ListMovies/, async (route) => {
        await release.promise
        await route.continue()
      })
      await page.reload()
      await page.getByRole('heading', { name: 'Top rated' }).waitFor()
      expect(await longAnimations(page)).toEqual([])
      release.resolve()
      await pages['/']?.(page)
      await page.getByRole('link', { name: best?.name ?? '' }).focus()
      await page.keyboard.press('4')
      await page.getByRole('button', { name: `You: 4 of 5 for ${best?.title}` }).waitFor()
      expect(await longAnimations(page)).toEqual([])
      await page.getByRole('link', { name: best?.name ?? '' }).click()
      await page.getByText('Saved', { exact: true }).waitFor()
      expect(await longAnimations(page)).toEqual([])
    })

    test('the theme follows the system until one is chosen, which is saved', async () => {
      await using visitor = await site().visit('/', { colorScheme: 'dark' })
      const { page } = visitor
      const button = page.getByRole('button', { name: /^Theme:/ })
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const dark = await paper()
      await button.click()
      await page.getByRole('button', { name: /^Theme: light/ }).waitFor()
      await eventually(async () => expect(await paper()).not.toBe(dark))
      const light = await paper()
      await page.reload()
      await page.getByRole('button', { name: /^Theme: light/ }).waitFor()
      expect(await paper()).toBe(light)
      await button.click()
      await page.getByRole('button', { name: /^Theme: dark/ }).waitFor()
      await eventually(async () => expect(await paper()).toBe(dark))
      await page.emulateMedia({ colorScheme: 'light' })
      expect(await paper()).toBe(dark)
      await button.click()
      await page.getByRole('button', { name: /^Theme: system/ }).waitFor()
      await eventually(async () => expect(await paper()).toBe(light))
    })
  },
)

/** A visitor who has not opened a page yet, with all requests from then on. */
async function visitCollecting(site: Site): Promise<Visitor & { requests: Request[] }> {
  const visitor = await site.visit('about:blank')
  const requests: Request[] = []
  visitor.page.on('request', (request) => void requests.push(request))
  return { ...visitor, requests }
}

/** Distance by which the page can be scrolled sideways, in pixels. */
function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth).then(atLeastNone)
}

function atLeastNone(pixels: number): number {
  return Math.max(0, pixels)
}

/** Elements whose animation is long enough to notice. */
function longAnimations(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ effect }) => Number(effect?.getComputedTiming().endTime) > 50)
      .map((one) => (one.effect as KeyframeEffect).target?.outerHTML.slice(0, 120) ?? ''),
  )
}
