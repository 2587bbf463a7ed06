import { expect, test } from 'bun:test'
import { fromBinary } from '@bufbuild/protobuf'
import type { Locator, Page } from 'playwright-core'
import { PutRatingRequestSchema } from '../../gen/rating/v1/rating_pb.ts'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

const rated = await famousMovies(30)
/** Index of a movie in the second row of the posters. */
const movieIndex = 9

describePage(
  'the stars of a movie in a list',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test.each(['/', '/?view=table'])(
      'open beside the pointer, so that two quick clicks rate nothing (%s)',
      async (path) => {
        await using visitor = await site().visit(path)
        const { page } = visitor
        const values = collectRatings(page)
        const [x, y] = await centreOf(buttonOf(page))
        await page.mouse.dblclick(x, y)
        await choiceOf(page).waitFor()
        await choiceOf(page)
          .getByRole('radio', { name: /^2 of 5/ })
          .click()
        await buttonOf(page, 'You: 2 of 5').waitFor({ state: 'attached' })
        await eventually(() => expect(values).toEqual([2]))
      },
    )

    test.each(['/', '/?view=table'])('open beside a finger that taps twice (%s)', async (path) => {
      await using visitor = await site().visit(path, { width: 390, touch: true })
      const { page } = visitor
      const values = collectRatings(page)
      await buttonOf(page).scrollIntoViewIfNeeded()
      const [x, y] = await centreOf(buttonOf(page))
      await page.touchscreen.tap(x, y)
      await page.touchscreen.tap(x, y)
      if (!(await choiceOf(page).isVisible())) await page.touchscreen.tap(x, y)
      await choiceOf(page).locator('.star').nth(2).tap()
      await buttonOf(page, 'You: 3 of 5').waitFor()
      await eventually(() => expect(values).toEqual([3]))
    })

    test('stay open while the pointer goes from the button to any of them', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.mouse.move(...(await centreOf(buttonOf(page))))
      await choiceOf(page).waitFor()
      await page.mouse.move(...(await centreOf(choiceOf(page).locator('.star').first())), {
        steps: 25,
      })
      expect(await choiceOf(page).isVisible()).toBe(true)
      await page.mouse.move(0, 0)
      await choiceOf(page).waitFor({ state: 'detached' })
    })

    test('rate in a browser that does not focus radio buttons by a click', async () => {
      await using visitor = await site().visit('about:blank')
      const { page } = visitor
      await page.addInitScript(focusAsSafari)
      await page.goto('/')
      const values = collectRatings(page)
      await buttonOf(page).focus()
      await page.keyboard.press('Enter')
      await choiceOf(page)
        .getByRole('radio', { name: /^4 of 5/ })
        .click()
      await eventually(() => expect(values).toEqual([4]))
    })

    test('are closed by another click on their button', async () => {
      await using visitor = await site().visit('/', { width: 390, touch: true })
      const { page } = visitor
      await buttonOf(page).tap()
      await choiceOf(page).waitFor()
      // Later than a double tap, which leaves them open.
      await buttonOf(page).dispatchEvent('click', { detail: 1 })
      await choiceOf(page).waitFor({ state: 'detached' })
    })

    test('open below the button where the filters would cover them', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const button = buttonOf(page)
      await button.waitFor()
      // The filters stay in view from the second step on.
      for (const _ of [1, 2]) await page.evaluate(scrollBelowFilters, movieIndex)
      await page.mouse.move(...(await centreOf(button)))
      await choiceOf(page).waitFor()
      const [, starsY] = await centreOf(choiceOf(page))
      const [, buttonY] = await centreOf(button)
      expect(starsY).toBeGreaterThan(buttonY)
      await choiceOf(page)
        .getByRole('radio', { name: /^4 of 5/ })
        .hover()
    })
  },
)

/** Runs in the browser: a press on a radio button focuses the nearest element around it that can be. */
function focusAsSafari(): void {
  document.addEventListener('mousedown', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return
    event.preventDefault()
    const around = event.target.parentElement?.closest<HTMLElement>('[tabindex]')
    if (around) around.focus()
    else if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
  })
}

/** Runs in the browser: scrolls so that a card's rating is the first thing below the filters. */
function scrollBelowFilters(index: number): void {
  const bottom = document.querySelector('.filters')?.getBoundingClientRect().bottom ?? 0
  const top = document.querySelectorAll('.card-rating')[index]?.getBoundingClientRect().top ?? 0
  scrollTo(0, scrollY + top - bottom - 4)
}

/** Collects the values of the ratings that the page sends from now on. */
function collectRatings(page: Page): readonly number[] {
  const values: number[] = []
  page.on('request', (request) => {
    if (!request.url().endsWith('/rating.v1.RatingService/PutRating')) return
    const message = request.postDataBuffer() ?? Buffer.of()
    values.push(fromBinary(PutRatingRequestSchema, message).value ?? Number.NaN)
  })
  return values
}

function controlOf(page: Page): Locator {
  return page.locator('.rate-control').nth(movieIndex)
}

/** The button that opens the stars, with a label that begins so. */
function buttonOf(page: Page, label = ''): Locator {
  return controlOf(page).locator(`.rate-open${label && `[aria-label^="${label}"]`}`)
}

function choiceOf(page: Page): Locator {
  return controlOf(page).locator('.rate-stars')
}

async function centreOf(target: Locator): Promise<[x: number, y: number]> {
  const { x, y, width, height } = (await target.boundingBox()) ?? {
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  }
  return [x + width / 2, y + height / 2]
}
