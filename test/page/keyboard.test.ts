import { expect, test } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'
import { expectCode, field } from './try-form.ts'

const rated = await famousMovies(12)
const [best] = rated
/** Maximum number of Tab presses, more than any target needs. */
const tabsMax = 80

describePage(
  'the page by keyboard',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test('a keyboard alone finds, opens and rates a movie, and goes back to the list', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      await page.keyboard.press('Tab')
      expect(await isFocused(page.getByRole('link', { name: 'Skip to content' }))).toBe(true)
      const search = page.getByRole('searchbox', { name: 'Search by title or director' })
      await tabTo(search)
      await page.keyboard.press('Shift+Tab')
      expect(await isFocused(search)).toBe(false)
      await page.keyboard.press('/')
      expect(await isFocused(search)).toBe(true)
      await page.keyboard.type('kubrick')
      const found = page.getByRole('link', { name: 'The Shining, 1980' })
      await found.waitFor()
      await tabTo(found)
      await page.keyboard.press('Enter')
      const heading = page.getByRole('heading', { level: 1, name: 'The Shining' })
      await heading.waitFor()
      expect(await isFocused(heading)).toBe(true)
      await page.keyboard.press('4')
      await page.getByText('4.0 of 5 from 1 rating', { exact: true }).waitFor()
      await tabTo(page.getByRole('radio', { name: '4 of 5' }))
      await tabTo(page.getByRole('button', { name: 'Remove rating' }))
      await page.keyboard.press('Enter')
      await page.getByText('Not rated yet').first().waitFor({ state: 'attached' })
      await tabTo(page.getByRole('link', { name: /^Search for “kubrick” \(no\. \d+\)$/ }))
      await page.keyboard.press('Enter')
      await eventually(async () => expect(await isFocused(found)).toBe(true))
    })

    test('a dialog explains the keyboard shortcuts and can turn off single keys', async () => {
      await using visitor = await site().visit(`/movies/${best?.id}`)
      const { page } = visitor
      await page.getByText('Live', { exact: true }).waitFor()
      await page.keyboard.press('?')
      const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
      await help.waitFor()
      await tabTo(page.getByRole('checkbox', { name: 'Single-key shortcuts' }))
      await page.keyboard.press('Space')
      await page.keyboard.press('Escape')
      await help.waitFor({ state: 'hidden' })
      await page.keyboard.press('3')
      await page.keyboard.press('?')
      // A rating key works at once: the radio button would be checked by now.
      expect(await page.getByRole('radio', { checked: true }).count()).toBe(0)
      expect(await help.isVisible()).toBe(false)
      await tabTo(page.getByRole('button', { name: 'Keyboard shortcuts' }))
      await page.keyboard.press('Enter')
      await tabTo(page.getByRole('checkbox', { name: 'Single-key shortcuts' }))
      await page.keyboard.press('Space')
      await page.keyboard.press('Escape')
      await help.waitFor({ state: 'hidden' })
      await page.keyboard.press('3')
      await page.getByRole('radio', { checked: true }).waitFor()
    })

    test('a key that is typed into a text field rates nothing', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('searchbox').focus()
      await page.keyboard.type('4/?')
      expect(await page.getByRole('searchbox').inputValue()).toBe('4/?')
      expect(await page.getByRole('button', { name: /^You: / }).count()).toBe(0)
    })

    test('a keyboard alone fills in and sends a call', async () => {
      await using visitor = await site().visit('/try')
      const { page } = visitor
      const method = page.getByRole('link', { name: 'GetMovieDetails' })
      await method.waitFor()
      await tabTo(method)
      await page.keyboard.press('Enter')
      // The first field of a chosen method has the focus.
      const movieId = field(page, 'movie_id')
      await movieId.waitFor()
      await eventually(async () => {
        expect(await movieId.evaluate((input) => input === document.activeElement)).toBe(true)
      })
      await page.keyboard.press('Control+A')
      await page.keyboard.type(best?.id ?? '')
      await page.keyboard.press('Control+Enter')
      await expectCode(page, 'ok')
    })

    test('the focus is visible on every element of every page', async () => {
      for (const path of ['/', `/movies/${best?.id}`, '/system', '/try']) {
        await using visitor = await site().visit(path, { reducedMotion: 'reduce' })
        const { page } = visitor
        await page.getByRole('heading', { level: 1 }).waitFor()
        const loading = page.getByText('Loading').filter({ visible: true })
        await eventually(async () => expect(await loading.count()).toBe(0))
        for (let n = 0; n < 16; n++) {
          await page.keyboard.press('Tab')
          const what = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))
          expect({ path, what, seen: await isFocusSeen(page) }).toMatchObject({ seen: true })
        }
      }
    }, 60_000)
  },
)

/** Presses Tab until the target has focus. */
async function tabTo(target: Locator): Promise<void> {
  for (let n = 0; n < tabsMax; n++) {
    await target.page().keyboard.press('Tab')
    if (await isFocused(target)) return
  }
  throw new Error(`Tab did not come to ${target}`)
}

function isFocused(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === document.activeElement)
}

/** Returns true when the focus is visible: an outline or a shadow at the focused element or next to it. */
function isFocusSeen(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const element = document.activeElement
    if (element === document.body) return true
    const near = [element, element?.nextElementSibling, element?.parentElement]
    return near.some((one) => {
      if (!one) return false
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one)
      const { width, height } = one.getBoundingClientRect()
      const isOutlined = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
      return width > 1 && height > 1 && (isOutlined || boxShadow !== 'none')
    })
  })
}
