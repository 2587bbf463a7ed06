import { expect, test } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import { columnsOf } from '../../apps/web/list/columns.ts'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

const rated = await famousMovies(60)

describePage(
  'the cards of a list',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test('with a mouse, the button to rate appears where it points, and for the keyboard', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const [first, second] = [buttonOf(page, 0), buttonOf(page, 1)]
      await first.waitFor({ state: 'attached' })
      await expectShown(first, false)
      await cardAt(page, 1).hover()
      await expectShown(second, true)
      await expectShown(first, false)
      await cardAt(page, 0).getByRole('link').focus()
      await page.keyboard.press('Tab')
      expect(await first.evaluate((button) => button === document.activeElement)).toBe(true)
      await expectShown(first, true)
      await page.keyboard.press('4')
      await cardAt(page, 0)
        .getByRole('button', { name: /^You: 4 of 5/ })
        .waitFor()
      await cardAt(page, 2).getByRole('link').focus()
      await page.mouse.move(0, 0)
      // What is rated stays visible.
      await expectShown(first, true)
      await expectShown(second, false)
    })

    test.each([320, 390, 768])(
      'by touch at %i px, a star in each card opens the choice, within its card',
      async (width) => {
        await using visitor = await site().visit('/', { width, touch: true })
        const { page } = visitor
        const button = buttonOf(page, 0)
        await expectShown(button, true)
        expect(await button.locator('.rate-word').isVisible()).toBe(false)
        const card = (await cardAt(page, 0).boundingBox()) ?? nowhere
        const target = (await button.boundingBox()) ?? nowhere
        expect(Math.min(target.width, target.height)).toBeGreaterThanOrEqual(44)
        expect(target.x).toBeGreaterThanOrEqual(card.x)
        expect(target.x + target.width).toBeLessThanOrEqual(card.x + card.width + 0.5)
        await button.tap()
        const stars = (await page.locator('.rate-stars').boundingBox()) ?? nowhere
        expect(stars.x).toBeGreaterThanOrEqual(0)
        expect(stars.x + stars.width).toBeLessThanOrEqual(width)
      },
    )

    test.each([320, 367, 368, 390, 639, 640, 768, 1023, 1024, 1440, 1920])(
      'at %i px, the cards stand in as many columns as fit, with posters of 2 by 3',
      async (width) => {
        await using visitor = await site().visit('/', { width })
        const { page } = visitor
        await page.locator('.card .poster').first().waitFor()
        await eventually(async () => {
          const boxes = await page.locator('.block .card .poster').evaluateAll((posters) =>
            posters.map((poster) => {
              const { left, top, right, width, height } = poster.getBoundingClientRect()
              return { left, top, right, ratio: height / width }
            }),
          )
          const firstRow = boxes.filter(({ top }) => top === boxes[0]?.top)
          expect(firstRow).toHaveLength(columnsOf(width))
          for (const { ratio } of boxes) expect(ratio).toBeCloseTo(1.5, 1)
          const right = await page.locator('.list').evaluate((list) => {
            return list.getBoundingClientRect().right
          })
          expect(Math.abs((firstRow.at(-1)?.right ?? 0) - right)).toBeLessThanOrEqual(1)
        })
        expect(await page.evaluate(blockError)).toBeLessThanOrEqual(1)
      },
    )

    test.each([1440, 390])(
      'at %i px, nothing covers the offer of a new order, however far the list is scrolled',
      async (width) => {
        await using visitor = await site().visit('/', { width })
        const { page } = visitor
        await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' })
        const fans = Array.from({ length: 400 }, (_, n) => `fan-${width}-${n}`)
        const { id = '' } = rated[width === 390 ? 2 : 1] ?? {}
        await site().others.rateMany(fans.map((userId) => ({ recordId: id, userId, value: 5 })))
        const update = page.getByRole('button', { name: 'Order changed · Update' })
        await update.waitFor()
        for (const scrollTop of [0, 60, 400]) {
          await page.evaluate((top) => scrollTo(0, top), scrollTop)
          expect(await update.evaluate(isUncovered)).toBe(true)
        }
      },
    )

    test('without the movies that the person has rated, the title counts what is shown', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByText(`${rated.length} movies`, { exact: true }).waitFor()
      for (const index of [0, 1, 2]) {
        await cardAt(page, index).getByRole('link').focus()
        await page.keyboard.press('4')
        await cardAt(page, index)
          .getByRole('button', { name: /^You: 4/ })
          .waitFor()
      }
      expect(await page.getByText('No. 1', { exact: true }).count()).toBe(1)
      await page.getByRole('checkbox', { name: 'Hide rated by me' }).check()
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
      await page.getByText("You've reached the end.").waitFor()
      await page.getByText(`${rated.length - 3} shown of ${rated.length} movies`).waitFor()
      expect(await page.getByText(/^No\. \d/).count()).toBe(0)
    })
  },
)

const nowhere = { x: 0, y: 0, width: 0, height: 0 }

function cardAt(page: Page, index: number): Locator {
  return page.locator('.card').nth(index)
}

function buttonOf(page: Page, index: number): Locator {
  return cardAt(page, index).locator('.rate-open')
}

async function expectShown(button: Locator, isShown: boolean): Promise<void> {
  await eventually(async () => {
    expect(await button.evaluate((one) => getComputedStyle(one).opacity)).toBe(isShown ? '1' : '0')
  })
}

/** Runs in the browser: true when an element can be pointed at. */
function isUncovered(element: Element): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect()
  const points = [left + 20, (left + right) / 2, right - 20].flatMap((x) =>
    [top + 4, (top + bottom) / 2, bottom - 4].map((y) => [x, y] as const),
  )
  return points.every(([x, y]) => document.elementFromPoint(x, y) === element)
}

/**
 * Runs in the browser: by how many pixels the height that a block keeps while it is empty differs
 * from that of its cards.
 */
function blockError(): number {
  const block = document.querySelector('.block') as HTMLElement
  const cards = [...block.querySelectorAll('.card')]
  const lowest = Math.max(...cards.map((card) => card.getBoundingClientRect().bottom))
  const gap = Number.parseFloat(getComputedStyle(block).rowGap)
  return Math.abs(block.getBoundingClientRect().bottom - lowest - gap)
}
