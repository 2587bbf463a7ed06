import { expect, test } from 'bun:test'
import { describePage, eventually } from './describe-page.ts'
import { startServices } from './services.ts'
import { expectCode, field, messageTexts, responseOf, send } from './try-form.ts'

const matrix = 'the-matrix-1999'
const details = '/try/movie.v1.MovieService/GetMovieDetails'
const list = '/try/movie.v1.MovieService/ListMovies'
const watch = '/try/movie.v1.MovieService/WatchMovieDetails'

describePage(
  'a response in the API explorer',
  { start: startServices, fill: ({ others }) => others.rate(matrix, 'ada', 4) },
  (site) => {
    test('the ids of movies lead to their pages', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await send(page)
      await responseOf(page).getByRole('link', { name: matrix }).first().click()
      await page.getByRole('heading', { level: 1, name: /The Matrix/ }).waitFor()
    })

    test('an object can be folded, and says how much is in it', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await send(page)
      const metadata = responseOf(page).locator('summary', { hasText: '"metadata": {' })
      const id = metadata.locator('xpath=following-sibling::a')
      await id.waitFor()
      await metadata.click()
      await id.waitFor({ state: 'hidden' })
      expect(Number(await metadata.getAttribute('data-count'))).toBeGreaterThan(5)
    })

    test('the colours of a response are ranges that the browser need not keep current', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await send(page)
      await expectCode(page, 'ok')
      const colored = () =>
        page.evaluate(() => [...(CSS.highlights.get('json-key') ?? [])].map((one) => `${one}`))
      await eventually(async () => expect((await colored()).length).toBeGreaterThan(20))
      expect([...new Set(await colored())]).toEqual(['[object StaticRange]'])
    })

    test('in forced colours a response has no colours of its own, also when they are forced later', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await send(page)
      await expectCode(page, 'ok')
      const count = () => page.evaluate(() => CSS.highlights.get('json-key')?.size ?? 0)
      await eventually(async () => expect(await count()).toBeGreaterThan(20))
      await page.emulateMedia({ forcedColors: 'active' })
      await eventually(async () => expect(await count()).toBe(0))
      await page.emulateMedia({ forcedColors: 'none' })
      await eventually(async () => expect(await count()).toBeGreaterThan(20))
    })

    test('a search marks what it finds, and says when it finds nothing', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await send(page)
      const marked = () => page.evaluate(() => CSS.highlights.get('json-match')?.size ?? 0)
      await page.getByLabel('Search the response').fill('MATRIX')
      await eventually(async () => expect(await marked()).toBeGreaterThan(1))
      await page.getByLabel('Search the response').fill('no such text')
      await page.getByText('“no such text” was not found.').waitFor()
      await eventually(async () => expect(await marked()).toBe(0))
    })

    test('a search goes from match to match, by keys and by buttons, and unfolds them', async () => {
      await using visitor = await site().visit(list)
      const { page } = visitor
      await send(page)
      await expectCode(page, 'ok')
      const response = responseOf(page)
      await response.locator('summary', { hasText: '"movies": [' }).click()
      const search = page.getByLabel('Search the response')
      await search.fill('"title"')
      const [, count = ''] =
        /^(\d+) found$/.exec((await response.getByText(/ found$/).textContent()) ?? '') ?? []
      expect(Number(count)).toBeGreaterThan(3)
      const current = () =>
        page.evaluate(() => {
          const [range] = CSS.highlights.get('json-current') ?? []
          const { top, bottom } = (range as Range).getBoundingClientRect()
          return bottom > top && top >= 0 && bottom <= innerHeight
        })
      for (const [key, at] of [
        ['Enter', 1],
        ['Enter', 2],
        ['Shift+Enter', 1],
        ['Shift+Enter', count],
      ] as const) {
        await search.press(key)
        await response.getByText(`${at} of ${count}`, { exact: true }).waitFor()
        expect(await current()).toBe(true)
      }
      await response.getByRole('button', { name: 'Next match' }).click()
      await response.getByText(`1 of ${count}`, { exact: true }).waitFor()
      await response.getByRole('button', { name: 'Previous match' }).click()
      await response.getByText(`${count} of ${count}`, { exact: true }).waitFor()
    })

    test('a response is downloaded under the name of its method', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await send(page)
      await expectCode(page, 'ok')
      const download = page.waitForEvent('download')
      await responseOf(page).getByRole('button', { name: 'Download' }).click()
      const file = await download
      expect(file.suggestedFilename()).toBe('GetMovieDetails.json')
      const shown = JSON.parse((await messageTexts(page))[0] ?? '')
      expect(await Bun.file(await file.path()).json()).toEqual(shown)
    })

    test('a stream stands still while it is paused, and then shows what it has missed', async () => {
      await using visitor = await site().visit(watch)
      const { page } = visitor
      await send(page)
      await eventually(async () => expect(await messageTexts(page)).toHaveLength(1))
      await page.getByRole('button', { name: 'Pause' }).click()
      await site().others.rate(matrix, 'bob', 5)
      await responseOf(page).getByText('2 messages').waitFor()
      expect(await messageTexts(page)).toHaveLength(1)
      await page.getByRole('button', { name: 'Resume' }).click()
      await eventually(async () => expect(await messageTexts(page)).toHaveLength(2))
      await responseOf(page)
        .getByText(/^\+[\d.]+ m?s$/)
        .waitFor()
      await page.getByLabel('Search the response').fill('"count": "2"')
      await page.getByText('1 of 2 messages have it.').waitFor()
    })

    test('ids of movies are suggested by their titles', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await field(page, 'movie_id').fill('alien')
      await page.locator('datalist option[value="alien-1979"]').waitFor({ state: 'attached' })
    })

    test('the methods of every service can be called at each of them', async () => {
      await using visitor = await site().visit('/try/grpc.health.v1.Health/Check?at=movie')
      const { page } = visitor
      // Also while the method is loaded.
      await page.getByLabel('Called at').selectOption('rating')
      await page.waitForURL(({ search }) => search === '?at=rating')
      const request = page.waitForRequest(/Health\/Check/)
      await eventually(() => send(page))
      expect((await request).url()).toContain('/services/rating/')
      await expectCode(page, 'ok')
    })
  },
)
