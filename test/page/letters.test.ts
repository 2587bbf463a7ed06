import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { readVegaMovies } from '../../producers/catalogue/vega.ts'
import { describePage, eventually, frames } from './describe-page.ts'
import { listCalls, readListRequest } from './list-requests.ts'
import { startServices } from './services.ts'

const catalogue = await Array.fromAsync(readVegaMovies())
type CatalogueMovie = (typeof catalogue)[number]

const alphabet = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')

describePage('the rail of letters', { start: startServices }, (site) => {
  test('is there in the order of titles alone, with all letters in its direction', async () => {
    await using visitor = await site().visit('/?sort=title')
    const { page } = visitor
    await page.getByRole('listitem').first().waitFor()
    expect(await rail(page).getByRole('link').allTextContents()).toEqual(alphabet)
    await page.goto('/?sort=title&dir=desc')
    await page.getByRole('listitem').first().waitFor()
    expect(await rail(page).getByRole('link').allTextContents()).toEqual(alphabet.toReversed())
    for (const path of ['/', '/?sort=year', '/?q=alien']) {
      await page.goto(path)
      await page.getByRole('listitem').first().waitFor()
      expect(await rail(page).count()).toBe(0)
    }
  })

  test('letters without movies are disabled links, for the filters of the list', async () => {
    await using visitor = await site().visit('/?sort=title')
    const { page } = visitor
    await eventually(async () => expect(await disabled(page)).toEqual(lettersWithout(() => true)))
    await page.goto('/?sort=title&genre=Horror&decade=1980&from=S')
    const without = lettersWithout(({ genres, year = 0 }) => {
      return genres.includes('Horror') && year >= 1980 && year < 1990
    })
    expect(without.length).toBeGreaterThan(0)
    await eventually(async () => expect(await disabled(page)).toEqual(without))
    const [letter = ''] = without
    const link = rail(page).getByRole('link', { name: letter, exact: true, disabled: true })
    expect(await link.getAttribute('href')).toBeNull()
    await page.goto('/?sort=title&q=kubrick')
    await eventually(async () => expect((await disabled(page)).length).toBeGreaterThan(20))
    await page.getByRole('searchbox').fill('')
    await eventually(async () => expect(await disabled(page)).toEqual(lettersWithout(() => true)))
  })

  test('while the letters with movies cannot be loaded, all are links', async () => {
    await using visitor = await site().visit('/?sort=year')
    const { page } = visitor
    visitor.expectProblems(/ListMovies/)
    const failed = Promise.withResolvers<void>()
    // The client repeats it twice.
    let requestCount = 0
    await page.route(listCalls, (route) => {
      if (!readListRequest(route.request()).includeFacets) return route.continue()
      if (++requestCount === 3) failed.resolve()
      return route.abort('connectionrefused')
    })
    await page.getByLabel('Sort').selectOption('Sort: Title A–Z')
    await failed.promise
    await frames(page, 5)
    expect(await rail(page).locator('a[href]').count()).toBe(alphabet.length)
  })

  test('by keyboard, a letter is reached by Tab and jumped to by Enter', async () => {
    await using visitor = await site().visit('/?sort=title')
    const { page } = visitor
    await page.getByRole('listitem').first().waitFor()
    await rail(page).getByRole('link', { name: 'S', exact: true }).focus()
    await page.keyboard.press('Tab')
    const focused = () => page.evaluate(() => document.activeElement?.textContent)
    expect(await focused()).toBe('T')
    await page.keyboard.press('Enter')
    await eventually(async () => expect((await firstTitle(page))[0]).toBe('T'))
    expect(await current(page)).toEqual(['T'])
    // The next letter is one Tab away.
    expect(await focused()).toBe('T')
  })

  test.each(['', '&view=table'])(
    'marks the letter of the first title in view while the list scrolls (sort=title%s)',
    async (layout) => {
      await using visitor = await site().visit(`/?sort=title&from=Q${layout}`)
      const { page } = visitor
      await eventually(async () => expect(await current(page)).toEqual(['Q']))
      await page.locator('.card-link').first().waitFor()
      // Few titles begin with Q.
      await eventually(async () => {
        await page.mouse.wheel(0, 200)
        expect(await current(page)).toEqual(['R'])
      })
      await page.evaluate(() => scrollTo(0, 0))
      await eventually(async () => expect(await current(page)).toEqual(['Q']))
    },
  )

  test('on a phone, the rail shows the marked letter', async () => {
    await using visitor = await site().visit('/?sort=title&from=R', { width: 390, touch: true })
    const { page } = visitor
    await eventually(async () => {
      const box = await rail(page).locator('[aria-current]').boundingBox()
      expect(box?.x ?? -1).toBeGreaterThanOrEqual(0)
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390)
    })
    expect(await page.evaluate(() => scrollY)).toBe(0)
  })
})

function rail(page: Page) {
  return page.getByRole('navigation', { name: 'Titles from' })
}

function disabled(page: Page): Promise<string[]> {
  return rail(page).locator('[aria-disabled="true"]').allTextContents()
}

/** Letters with which none of the movies begins. */
function lettersWithout(isWanted: (movie: CatalogueMovie) => boolean): string[] {
  const first = new Set(catalogue.filter(isWanted).map(({ title }) => title.charAt(0)))
  return alphabet.filter((letter) => !first.has(letter))
}

function current(page: Page): Promise<string[]> {
  return rail(page).locator('[aria-current]').allTextContents()
}

async function firstTitle(page: Page): Promise<string> {
  return (await page.locator('.card-link .visually-hidden').first().textContent()) ?? ''
}
