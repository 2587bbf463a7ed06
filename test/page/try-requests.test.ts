import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { startServices } from './services.ts'
import { choose, expectCode, field, messageTexts, openTab, send } from './try-form.ts'

const matrix = 'the-matrix-1999'
const details = '/try/movie.v1.MovieService/GetMovieDetails'
const put = '/try/rating.v1.RatingService/PutRating'

describePage('a request in the API explorer', { start: startServices }, (site) => {
  test('a reload keeps the draft', async () => {
    await using visitor = await site().visit(details)
    const { page } = visitor
    await field(page, 'movie_id').fill('alien-1979')
    await page.reload()
    await eventually(async () => {
      expect(await field(page, 'movie_id').inputValue()).toBe('alien-1979')
    })
  })

  test('a copied link opens the request for somebody else, without headers', async () => {
    await using visitor = await site().visit(put)
    const { page, context } = visitor
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await field(page, 'value').fill('3.5')
    await choose(page, 'Protocol', 'gRPC-Web')
    await openTab(page, 'Headers & auth')
    await page.getByLabel('Bearer token').fill('a-secret')
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByText('Copied').waitFor()
    const link = await page.evaluate(() => navigator.clipboard.readText())
    expect(atob(link.split('#r=')[1] ?? '')).not.toContain('secret')
    await using other = await site().visit(link)
    await eventually(async () => expect(await field(other.page, 'value').inputValue()).toBe('3.5'))
    await other.page.getByText('gRPC-Web, JSON').waitFor()
    expect(new URL(other.page.url()).hash).toBe('')
  })

  test('headers are kept until the tab is closed, and only there', async () => {
    await using visitor = await site().visit(details)
    const { page } = visitor
    await openTab(page, 'Headers & auth')
    await page.getByLabel('Bearer token').fill('a-secret')
    await page.reload()
    await page.getByRole('tab', { name: 'Headers & auth (1)' }).click()
    expect(await page.getByLabel('Bearer token').inputValue()).toBe('a-secret')
    const lasting = await page.evaluate(() => JSON.stringify(localStorage))
    expect(lasting).not.toContain('a-secret')
    const another = await visitor.openPage()
    await another.goto(details)
    await another.getByRole('tab', { name: 'Headers & auth', exact: true }).waitFor()
  })

  test('a token is hidden on the page, and whole in a copied command', async () => {
    await using visitor = await site().visit(details)
    const { page, context } = visitor
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await openTab(page, 'Headers & auth')
    await page.getByLabel('Bearer token').fill('a-secret')
    const commands = page.getByRole('region', { name: 'Commands' })
    await commands.getByText('authorization: Bearer ••••••').waitFor()
    const texts = await page
      .locator('input:not([type="password"])')
      .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value))
    expect([...texts, await commands.textContent()].join()).not.toContain('a-secret')
    await commands.getByRole('button', { name: 'Copy' }).click()
    await commands.getByText('Copied').waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toContain('authorization: Bearer a-secret')
  })

  test('the history opens a call again with its request', async () => {
    await using visitor = await site().visit(details)
    const { page } = visitor
    await field(page, 'movie_id').fill('alien-1979')
    await send(page)
    await expectCode(page, 'ok')
    await field(page, 'movie_id').fill('something else')
    await page.goto(put)
    await field(page, 'value').waitFor()
    await page.getByRole('tab', { name: 'History' }).click()
    await page.getByRole('button', { name: /^GetMovieDetails ?ok/ }).click()
    await eventually(async () => {
      expect(await field(page, 'movie_id').inputValue()).toBe('alien-1979')
    })
    await send(page)
    await eventually(async () => expect((await messageTexts(page))[0]).toContain('"Alien"'))
  })

  test('the history tells the calls of a method apart by their requests', async () => {
    await using visitor = await site().visit(details)
    visitor.expectProblems(/GetMovieDetails/)
    const { page } = visitor
    for (const [id, code] of [
      ['alien-1979', 'ok'],
      ['no-such-movie', 'not_found'],
    ] as const) {
      await field(page, 'movie_id').fill(id)
      await send(page)
      await expectCode(page, code)
    }
    await page.getByRole('tab', { name: 'History' }).click()
    await page.getByRole('button', { name: /^GetMovieDetails ?ok ?alien-1979/ }).waitFor()
    await page.getByRole('button', { name: /^GetMovieDetails ?not_found ?no-such-movie/ }).waitFor()
  })

  test('f goes to the filter, and Enter opens the first method that it finds', async () => {
    await using visitor = await site().visit('/try')
    const { page } = visitor
    await page.getByRole('link', { name: 'PutRating' }).waitFor()
    await page.keyboard.press('f')
    await page.keyboard.type('rating get user')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 2, name: 'GetUserSummary' }).waitFor()
    expect(await page.title()).toBe('GetUserSummary · Marquee')
    await eventually(async () => expect(await focusedPath(page)).toBe('user_id'))
  })

  test('an example fills in the request', async () => {
    await using visitor = await site().visit(details)
    const { page } = visitor
    expect(await field(page, 'movie_id').inputValue()).toBe(matrix)
    await page.getByLabel('Example').selectOption('A movie that does not exist')
    expect(await field(page, 'movie_id').inputValue()).toBe('no-such-movie')
  })

  test('a rule that the server reports leads to its field', async () => {
    await using visitor = await site().visit(put)
    visitor.expectProblems(/PutRating/)
    const { page } = visitor
    await field(page, 'value').fill('9')
    await send(page)
    await expectCode(page, 'invalid_argument')
    await page.getByRole('button', { name: 'value', exact: true }).click()
    expect(await focusedPath(page)).toBe('value')
  })

  test('a rule is checked when its field is left', async () => {
    await using visitor = await site().visit(put)
    const { page } = visitor
    await field(page, 'record_id').fill('the matrix')
    await field(page, 'user_id').focus()
    await page.getByText('Must be: no spaces').waitFor()
  })

  test('the JSON editor says in which line and column the JSON is wrong', async () => {
    await using visitor = await site().visit(put)
    const { page } = visitor
    await choose(page, 'Edit as', 'JSON')
    const editor = page.getByRole('textbox', { name: /^JSON/ })
    await editor.fill('{\n  "value": 4.5,\n  "userID": "ann"\n}')
    await page.getByText(/^Line 3, column 3: .*userID/).click()
    await editor.fill('{\n  "value" 4.5\n}')
    await page.getByText(/^Line 2, column \d+: This is not JSON/).waitFor()
  })

  test('the JSON editor completes the names of fields', async () => {
    await using visitor = await site().visit(put)
    const { page } = visitor
    await choose(page, 'Edit as', 'JSON')
    const editor = page.getByRole('textbox', { name: /^JSON/ })
    await editor.fill('{}')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.type('"must')
    await page.getByRole('option', { name: /^mustNotExist/ }).waitFor()
  })
})

/** Path of the field that has the focus. */
function focusedPath(page: Page): Promise<string | undefined> {
  return page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.path)
}
