import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { startServices } from './services.ts'
import { descriptionOf, expectCode, field, responseOf, send } from './try-form.ts'

const put = '/try/rating.v1.RatingService/PutRating'
const watch = '/try/rating.v1.RatingService/WatchAggregatedRatings'
const ratingReflection = /\/services\/rating\/grpc\.reflection/

describePage(
  'the states of the API explorer',
  { start: startServices, fill: ({ others }) => others.rate('the-matrix-1999', 'ada', 5) },
  (site) => {
    test.each(['WatchAggregatedRatings', 'BatchGetAggregatedRatings'])(
      'the name of %s is whole at 320 pixels, or breaks before a word',
      async (name) => {
        const path = `/try/rating.v1.RatingService/${name}`
        await using visitor = await site().visit(path, { width: 320 })
        const title = visitor.page.getByRole('heading', { level: 2, name })
        await title.waitFor()
        expect(await title.evaluate(brokenWords)).toEqual([])
      },
    )

    test('while its fields are loaded, a method has its name and placeholders', async () => {
      await using visitor = await site().visit('/me')
      const { page } = visitor
      const release = Promise.withResolvers<void>()
      await page.route(ratingReflection, async (route) => {
        await release.promise
        await route.continue()
      })
      await page.goto(put)
      await page.getByRole('heading', { level: 2, name: 'PutRating' }).waitFor()
      const panel = page.locator('.panel')
      expect(await panel.getAttribute('aria-busy')).toBe('true')
      expect(await panel.locator('.ghost-text').count()).toBeGreaterThan(4)
      release.resolve()
      await field(page, 'record_id').waitFor()
      expect(await panel.locator('.ghost-text').count()).toBe(0)
    })

    test('a rule is not said again beside a comment that says it', async () => {
      await using visitor = await site().visit('/try/metadata.v1.MetadataService/PutMetadata')
      const { page } = visitor
      const title = await descriptionOf(field(page, 'title'))
      expect(title.trim()).toBe('The title as it was published, 1 to 500 characters.')
      const director = await descriptionOf(field(page, 'director'))
      expect(director).toContain('Up to 500 characters')
    })

    test('a field that a request cannot set has no input', async () => {
      await using visitor = await site().visit('/try/metadata.v1.MetadataService/PutMetadata')
      const { page } = visitor
      await page.getByRole('button', { name: 'Set year' }).or(field(page, 'year')).first().waitFor()
      await page.getByText('update_time', { exact: true }).waitFor()
      expect(await page.getByRole('button', { name: /Set update_time/ }).count()).toBe(0)
      expect(await page.locator('[data-path="metadata.update_time"]').count()).toBe(0)
    })

    test('a command scrolls beside a narrow page, and its address stays in one piece', async () => {
      await using visitor = await site().visit(put, { width: 320 })
      const { page } = visitor
      const command = page.getByRole('region', { name: 'Commands' }).locator('pre')
      await command.getByText('curl').waitFor()
      const shown = await command.evaluate((pre) => {
        const { lineHeight, paddingBlockStart, paddingBlockEnd } = getComputedStyle(pre)
        const padding = Number.parseFloat(paddingBlockStart) + Number.parseFloat(paddingBlockEnd)
        return {
          lineCount: Math.round((pre.clientHeight - padding) / Number.parseFloat(lineHeight)),
          isScrolling: pre.scrollWidth > pre.clientWidth,
          pageWidth: document.documentElement.scrollWidth,
        }
      })
      const lineCount = (await command.textContent())?.split('\n').length
      expect(shown).toMatchObject({ lineCount, isScrolling: true })
      expect(shown.pageWidth).toBeLessThanOrEqual(320)
    })

    test('in forced colours, the badges of the chosen method have its colour', async () => {
      await using visitor = await site().visit(put)
      const { page } = visitor
      await page.emulateMedia({ forcedColors: 'active' })
      const chosen = page.locator('.method-link[aria-current]')
      const colors = await chosen.evaluate((link) => {
        const badge = link.querySelector('.method-badge')
        const { color, backgroundColor } = getComputedStyle(link)
        return { color, backgroundColor, badge: badge && getComputedStyle(badge).color }
      })
      expect(colors.badge).toBe(colors.color)
      expect(colors.badge).not.toBe(colors.backgroundColor)
    })

    test('a filter hides the services without a match, and says when there is none', async () => {
      await using visitor = await site().visit(put)
      const { page } = visitor
      const filter = page.getByRole('searchbox', { name: 'Filter methods' })
      const titles = page.getByRole('navigation', { name: 'Methods' }).getByRole('heading')
      await filter.fill('PutMeta')
      await eventually(async () => {
        expect(await titles.allTextContents()).toEqual(['metadata', 'metadata.v1.MetadataService'])
      })
      await filter.fill('zzz')
      await page.getByText('No method matches “zzz”.').waitFor()
      expect(await titles.count()).toBe(0)
    })

    test('the duration of a stream grows while no message comes', async () => {
      await using visitor = await site().visit(watch)
      const { page } = visitor
      await send(page)
      await responseOf(page).getByRole('article').waitFor()
      const duration = responseOf(page).getByText(/^[\d.]+ m?s$/)
      const first = await duration.textContent()
      await eventually(async () => expect(await duration.textContent()).not.toBe(first))
      expect(await responseOf(page).getByRole('article').count()).toBe(1)
    })

    test('a stream that is canceled is shown as ended, not as failed', async () => {
      await using visitor = await site().visit(watch)
      const { page } = visitor
      await send(page)
      await responseOf(page).getByRole('article').waitFor()
      await page.getByRole('button', { name: 'Cancel' }).click()
      await expectCode(page, 'canceled')
      const kinds = responseOf(page).locator('[data-code]')
      expect(await kinds.evaluateAll((all) => all.map((one) => one.dataset.code))).toEqual([
        'canceled',
        'canceled',
      ])
      await page.getByRole('tab', { name: 'History' }).click()
      await page.locator('.history-code[data-code="canceled"]').waitFor()
    })

    test('an error shows its details, and a missing value once', async () => {
      await using visitor = await site().visit(put)
      visitor.expectProblems(/PutRating/)
      const { page } = visitor
      await field(page, 'record_id').fill('')
      await send(page)
      await expectCode(page, 'invalid_argument')
      const response = responseOf(page)
      expect(await response.locator('.violations li').allTextContents()).toEqual([
        'record_idRequired',
      ])
      await response.getByText('google.rpc.ErrorInfo').click()
      await response.getByText('"reason": "FIELD_INVALID"').waitFor()
    })

    test('a screen reader learns what is required, which rule is broken and which way a stream goes', async () => {
      await using visitor = await site().visit(put)
      visitor.expectProblems(/PutRating/)
      const { page } = visitor
      const methods = page.getByRole('navigation', { name: 'Methods' })
      await methods.getByRole('link', { name: 'WatchMovieDetails server stream' }).waitFor()
      expect(await field(page, 'record_id').getAttribute('aria-required')).toBe('true')
      expect(await field(page, 'user_id').getAttribute('aria-required')).toBe('false')
      await field(page, 'user_id').fill('an n')
      await page.getByRole('button', { name: 'Send', exact: true }).click()
      const announced = page.getByRole('status').filter({ hasText: 'The call failed' })
      expect(await announced.textContent()).toMatch(
        /^The call failed: invalid_argument\. user_id Must be: no spaces, 0 messages/,
      )
    })

    test('a stream without messages says so', async () => {
      await using visitor = await site().visit('/try/rating.v1.RatingService/ExportRatings')
      const { page } = visitor
      await field(page, 'user_id').fill('nobody')
      await send(page)
      await expectCode(page, 'ok')
      await responseOf(page).getByText('The response has no messages.').waitFor()
    })

    test('what the service rejects is said in words, until the value is edited', async () => {
      await using visitor = await site().visit(put)
      visitor.expectProblems(/PutRating/)
      const { page } = visitor
      const user = field(page, 'user_id')
      await user.fill('an n')
      await user.press('Enter')
      await expectCode(page, 'invalid_argument')
      const shown = await page.locator('.field-problems, .violations').allTextContents()
      expect(shown.filter((text) => text.endsWith('Must be: no spaces'))).toHaveLength(2)
      expect(shown.join()).not.toContain('regex')
      expect(await user.getAttribute('aria-invalid')).toBe('true')
      await user.fill('ann')
      await eventually(async () => expect(await user.getAttribute('aria-invalid')).toBe('false'))
      await send(page)
      await expectCode(page, 'ok')
    })

    test('a method of a service that is down stays chosen, and can be loaded again', async () => {
      await using visitor = await site().visit('about:blank', { width: 390 })
      visitor.expectProblems(ratingReflection, /ERR_CONNECTION_REFUSED/)
      const { page } = visitor
      await page.route(ratingReflection, (route) => route.abort('connectionrefused'))
      await page.goto(put)
      const failure = page.getByRole('alert')
      await failure.getByText("Couldn't load PutRating").waitFor()
      await failure.getByText("Can't reach the rating service.").waitFor()
      const method = page.getByRole('combobox', { name: 'Method' })
      expect(await method.inputValue()).toBe(put)
      await page.unroute(ratingReflection)
      await failure.getByRole('button', { name: 'Try again' }).click()
      await page.getByRole('heading', { level: 2, name: 'PutRating' }).waitFor()
    })

    test('no state of the explorer is wider than 320 pixels', async () => {
      await using visitor = await site().visit('about:blank', { width: 320 })
      visitor.expectProblems(/GetMovieDetails/)
      const { page } = visitor
      await page.goto('/try/movie.v1.MovieService/NoSuchMethodOfThisService')
      await page.getByRole('alert').waitFor()
      expect(await overflowOf(page)).toBe(0)
      await page.goto('/try/movie.v1.MovieService/GetMovieDetails')
      await field(page, 'movie_id').fill('no-such-movie-'.repeat(8))
      await send(page)
      await expectCode(page, 'not_found')
      expect(await overflowOf(page)).toBe(0)
    })
  },
)

/** Runs in the browser: words of the name, from a capital to the next, that are on two lines. */
function brokenWords(title: Element): string[] {
  const nodes = [...title.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
  return nodes.flatMap((node) =>
    [...(node.textContent ?? '').matchAll(/[A-Z][a-z]+/g)].flatMap(({ index, 0: word }) => {
      const range = document.createRange()
      range.setStart(node, index)
      range.setEnd(node, index + word.length)
      return range.getClientRects().length > 1 ? [word] : []
    }),
  )
}

function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.max(0, document.documentElement.scrollWidth - document.body.clientWidth),
  )
}
