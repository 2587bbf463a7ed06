import { expect, test } from 'bun:test'
import { findContrastViolations } from './axe.ts'
import { describePage } from './describe-page.ts'
import { startServices } from './services.ts'

/** Time for the renderer, which takes seconds of CPU, on a busy machine. In milliseconds. */
const renderTimeoutMs = 60_000
const testTimeoutMs = 150_000

// A visitor fails for every error on the console, violations of the policy of the page included.
describePage('the REST documentation', { start: startServices }, (site) => {
  test(
    'shows the routes of all services, and loads nothing from elsewhere',
    async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      page.setDefaultTimeout(renderTimeoutMs)
      const requested: string[] = []
      page.on('request', (request) => void requested.push(request.url()))
      await page.goto('/docs')
      expect(await page.title()).toBe('REST API · Marquee')
      for (const id of [
        'MovieService_GetMovieDetails',
        'MetadataService_PutMetadata',
        'RatingService_PutRating',
      ]) {
        await page.locator(`[id$="${id}"]`).waitFor()
      }
      const origins = requested
        .filter((url) => !url.startsWith('data:'))
        .map((url) => new URL(url).origin)
      expect(new Set(origins)).toEqual(new Set([new URL(page.url()).origin]))
    },
    testTimeoutMs,
  )

  test(
    'an operation shows its parameters and sends its example',
    async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      page.setDefaultTimeout(renderTimeoutMs)
      await page.goto('/docs')
      const operation = page.locator('[id$="MovieService_GetMovieDetails"]')
      await operation.locator('.opblock-summary-control').click()
      await operation.getByText('movie_id').first().waitFor()
      await operation.getByRole('button', { name: 'Try it out' }).click()
      await operation.getByRole('button', { name: 'Execute' }).click()
      await operation.getByText('"title": "The Matrix"').first().waitFor()
    },
    testTimeoutMs,
  )

  test(
    'at 320 pixels, the descriptions of the services have the width of the page',
    async () => {
      await using visitor = await site().visit('/docs', { width: 320 })
      const description = visitor.page.locator('.opblock-tag > small').first()
      await description.waitFor({ timeout: renderTimeoutMs })
      const { width = 0 } = (await description.boundingBox()) ?? {}
      expect(width).toBeGreaterThan(240)
      const pageWidth = () => visitor.page.evaluate(() => document.documentElement.scrollWidth)
      expect(await pageWidth()).toBeLessThanOrEqual(320)
    },
    testTimeoutMs,
  )

  test.each(['light', 'dark'] as const)(
    'in %s, it has the colours of the product, in which every text is readable',
    async (colorScheme) => {
      await using visitor = await site().visit('/', { colorScheme })
      const { page } = visitor
      page.setDefaultTimeout(renderTimeoutMs)
      const paperOf = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const paper = await paperOf()
      await page.goto('/docs')
      await page.locator('.opblock').first().waitFor()
      expect(await paperOf()).toBe(paper)
      expect(await findContrastViolations(page)).toEqual([])
    },
    testTimeoutMs,
  )

  test(
    'it has the theme that was chosen on the other pages',
    async () => {
      await using visitor = await site().visit('/', { colorScheme: 'light' })
      const { page } = visitor
      await page.evaluate(() => localStorage.setItem('marquee.theme', 'dark'))
      await page.goto('/docs')
      await page.locator('html.dark-mode[data-theme="dark"]').waitFor()
    },
    testTimeoutMs,
  )

  test(
    'in forced colours, each method and each operation has a border',
    async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.emulateMedia({ forcedColors: 'active' })
      await page.goto('/docs')
      for (const name of ['.opblock', '.opblock-summary-method', '.btn.authorize']) {
        const one = page.locator(name).first()
        await one.waitFor({ timeout: renderTimeoutMs })
        expect(await one.evaluate((element) => getComputedStyle(element).borderStyle)).toBe('solid')
      }
    },
    testTimeoutMs,
  )

  test(
    'it leads back to the product, and the API explorer to it',
    async () => {
      await using visitor = await site().visit('/try')
      visitor.page.setDefaultTimeout(renderTimeoutMs)
      await visitor.page.getByRole('link', { name: 'REST documentation' }).click()
      await visitor.page.locator('.swagger-ui .info').waitFor()
      await visitor.page.getByRole('link', { name: 'My ratings' }).click()
      await visitor.page.waitForURL('**/me')
    },
    testTimeoutMs,
  )
})
