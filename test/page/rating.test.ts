import { expect, test } from 'bun:test'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Locator, Page } from 'playwright-core'
import { PutRatingRequestSchema } from '../../gen/rating/v1/rating_pb.ts'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, type KnownMovie, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

/** Few enough to fit on the screen together. */
const movieCount = 10
const famous = await famousMovies(movieCount + 2)
const movies = famous.slice(0, movieCount)
/** Movies that nobody has rated. */
const [byMouse, byTouch] = famous.slice(movieCount) as [KnownMovie, KnownMovie]
/** Each test rates a different movie. */
const byClick = movieAt(0)
const byKey = movieAt(1)
const changed = movieAt(2)
const removed = movieAt(3)
const saved = movieAt(4)
const refused = movieAt(5)
const lost = movieAt(6)
const arrows = movieAt(7)
const undone = movieAt(8)
const kept = movieAt(9)
const putRating = /\/rating\.v1\.RatingService\/PutRating/

describePage(
  'a rating',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(movies)) },
  (site) => {
    test('one click rates a movie and updates every open page', async () => {
      await using ada = await site().visit('/')
      await using bob = await site().visit('/')
      await expectRating(bob.page, byClick, before(byClick))
      await rate(ada.page, byClick, 1)
      await expectRating(ada.page, byClick, after(byClick, 1))
      await expectRating(bob.page, byClick, after(byClick, 1))
      await expectOwn(ada.page, byClick, 1)
      await expectOwn(bob.page, byClick, undefined)
      expect((await site().others.aggregateOf(byClick.id)).count).toBe(movieCount + 1)
    })

    test('one key rates the focused movie', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: byKey.name, exact: true }).focus()
      await page.keyboard.press('2')
      await expectRating(page, byKey, after(byKey, 2))
      await expectOwn(page, byKey, 2)
      await page.keyboard.press('5')
      await expectRating(page, byKey, after(byKey, 5))
      await page.keyboard.press('0')
      await expectRating(page, byKey, before(byKey))
      await expectOwn(page, byKey, undefined)
    })

    test('arrow keys choose a rating as in any radio group', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await openByKey(page, arrows)
      await choice(page, arrows, 3).focus()
      await page.keyboard.press('ArrowRight')
      await expectOwn(page, arrows, 3.5)
      await eventually(async () => {
        expect((await site().others.aggregateOf(arrows.id)).count).toBe(movieCount + 1)
      })
      await page.keyboard.press('ArrowLeft')
      await expectOwn(page, arrows, 3)
    })

    test('by keyboard, the focus stays in the control when it is closed or its rating removed', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const button = control(page, kept).locator('.rate-open')
      const isFocused = () => button.evaluate((one) => one === document.activeElement)
      await openByKey(page, kept)
      await page.keyboard.press('Escape')
      await choice(page, kept, 1).waitFor({ state: 'detached' })
      expect(await isFocused()).toBe(true)
      await page.getByRole('link', { name: kept.name, exact: true }).focus()
      await page.keyboard.press('3')
      await control(page, kept).getByRole('button', { name: 'Remove' }).press('Enter')
      await expectOwn(page, kept, undefined)
      expect(await isFocused()).toBe(true)
      await openByKey(page, kept)
      await page.keyboard.press('ArrowRight')
      await control(page, kept).getByRole('button', { name: 'Remove' }).press('Enter')
      await expectOwn(page, kept, undefined)
      expect(await choice(page, kept, 0.5).evaluate((one) => one === document.activeElement)).toBe(
        true,
      )
    })

    test('half a star is chosen by mouse and by keyboard, and is there after a reload', async () => {
      await using visitor = await site().visit(searchPath(byMouse))
      const { page } = visitor
      await rate(page, byMouse, 3.5)
      await expectRating(page, byMouse, '3.5 of 5 from 1 rating')
      await page.reload()
      await expectOwn(page, byMouse, 3.5)
      // The chosen star gets the focus.
      await openByKey(page, byMouse)
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      await expectRating(page, byMouse, '4.5 of 5 from 1 rating')
      await page.reload()
      await expectOwn(page, byMouse, 4.5)
      await rate(page, byMouse, 4.5)
      await expectOwn(page, byMouse, undefined)
    })

    test.each([320, 390])(
      'taps at %d px choose a whole star, half of it, and none',
      async (width) => {
        await using visitor = await site().visit(searchPath(byTouch), { width, touch: true })
        const { page } = visitor
        const open = control(page, byTouch).getByRole('button', { name: /^Rate / })
        await expectTarget(open)
        await open.tap()
        const stars = control(page, byTouch).locator('.star')
        for (const star of await stars.all()) await expectTarget(star)
        const { x = 0, width: starWidth = 0 } = (await stars.last().boundingBox()) ?? {}
        expect(x + starWidth).toBeLessThanOrEqual(width)
        for (const value of [4, 3.5, undefined]) {
          await stars.nth(3).tap({ position: { x: 11, y: 22 } })
          await expectOwn(page, byTouch, value)
        }
      },
    )

    test('Undo after a tap restores count and mean', async () => {
      await using visitor = await site().visit('/', { width: 390, touch: true })
      const { page } = visitor
      await control(page, undone)
        .getByRole('button', { name: /^Rate / })
        .tap()
      await control(page, undone).locator('.star').nth(0).tap()
      await expectRating(page, undone, after(undone, 1))
      const undo = page.getByRole('button', { name: 'Undo' })
      await page.getByText(`Rated ${undone.title} 1`).waitFor()
      await expectTarget(undo)
      await undo.tap()
      await expectRating(page, undone, before(undone))
      await expectOwn(page, undone, undefined)
      await eventually(async () => {
        expect((await site().others.aggregateOf(undone.id)).count).toBe(movieCount)
      })
      expect(await undo.count()).toBe(0)
    })

    test('a changed rating counts once', async () => {
      await using ada = await site().visit('/')
      await using bob = await site().visit('/')
      await rate(ada.page, changed, 1)
      await expectRating(bob.page, changed, after(changed, 1))
      await rate(ada.page, changed, 5)
      await expectRating(bob.page, changed, after(changed, 5))
      await expectOwn(ada.page, changed, 5)
    })

    test('clicking the chosen rating again removes it', async () => {
      await using ada = await site().visit('/')
      await using bob = await site().visit('/')
      await rate(ada.page, removed, 3)
      await expectRating(bob.page, removed, after(removed, 3))
      await rate(ada.page, removed, 3)
      await expectRating(bob.page, removed, before(removed))
      await expectOwn(ada.page, removed, undefined)
    })

    test('a rating is saved in the browser, for all its pages and after a reload', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const other = await visitor.openPage()
      await other.goto('/')
      await expectOwn(other, saved, undefined)
      await rate(page, saved, 4)
      await expectOwn(other, saved, 4)
      await page.reload()
      await expectOwn(page, saved, 4)
      await expectRating(page, saved, after(saved, 4))
    })

    test('a rating that the service rejects is rolled back with the reason', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      visitor.expectProblems(/PutRating/)
      await expectRating(page, refused, before(refused))
      // The request is changed to an invalid one, so that the service itself rejects it.
      await page.route(putRating, async (route) => {
        const message = fromBinary(
          PutRatingRequestSchema,
          route.request().postDataBuffer() ?? Buffer.of(),
        )
        const postData = Buffer.from(toBinary(PutRatingRequestSchema, { ...message, value: 9 }))
        await route.continue({ postData })
      })
      await rate(page, refused, 5)
      const alert = card(page, refused).getByRole('alert')
      await alert.waitFor()
      expect(await alert.textContent()).toMatch(/Couldn't save\. .*value/)
      await expectOwn(page, refused, undefined)
      await expectRating(page, refused, before(refused))
      await page.unroute(putRating)
      await rate(page, refused, 5)
      await expectRating(page, refused, after(refused, 5))
      expect(await alert.count()).toBe(0)
    })

    test('a rating that does not reach the service is rolled back with the reason', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      visitor.expectProblems(/PutRating/)
      await page.route(putRating, (route) => route.abort('connectionrefused'))
      await rate(page, lost, 5)
      await card(page, lost).getByRole('alert').getByText("Couldn't save.").waitFor()
      await expectOwn(page, lost, undefined)
    })
  },
)

function movieAt(rank: number): KnownMovie {
  const movie = movies[rank]
  if (!movie) throw new Error(`there are only ${movies.length} movies`)
  return movie
}

function searchPath({ title }: KnownMovie): string {
  return `/?${new URLSearchParams({ q: title })}`
}

function card(page: Page, movie: KnownMovie): Locator {
  const link = page.getByRole('link', { name: movie.name, exact: true })
  return page.getByRole('listitem').filter({ has: link })
}

function control(page: Page, movie: KnownMovie): Locator {
  return card(page, movie).locator('.rate-control')
}

function choice(page: Page, movie: KnownMovie, value: number): Locator {
  return card(page, movie).getByRole('radio', { name: new RegExp(`^${value} of 5`) })
}

/** Rates by mouse: the stars appear while it points at the control. */
async function rate(page: Page, movie: KnownMovie, value: number): Promise<void> {
  await control(page, movie).locator('.rate-open').hover({ force: true })
  await choice(page, movie, value).click()
  await page.mouse.move(0, 0)
}

async function openByKey(page: Page, movie: KnownMovie): Promise<void> {
  await control(page, movie).getByRole('button').first().focus()
  await page.keyboard.press('Enter')
}

/** The text of the ratings by others, as `ratingsInOrder` made them. */
function before(movie: KnownMovie): string {
  return text(sumOf(movie), movieCount)
}

function after(movie: KnownMovie, own: number): string {
  return text(sumOf(movie) + own, movieCount + 1)
}

function sumOf(movie: KnownMovie): number {
  return 5 * movieCount - 3 * movies.indexOf(movie)
}

function text(sum: number, count: number): string {
  return `${(sum / count).toFixed(1)} of 5 from ${count} ratings`
}

async function expectTarget(target: Locator): Promise<void> {
  const { width = 0, height = 0 } = (await target.boundingBox()) ?? {}
  expect(Math.min(width, height)).toBeGreaterThanOrEqual(44)
}

async function expectRating(page: Page, movie: KnownMovie, words: string): Promise<void> {
  await card(page, movie).getByText(words).waitFor({ state: 'attached' })
}

/** The button of the control says the own rating, also while the stars cover it. */
async function expectOwn(page: Page, movie: KnownMovie, value: number | undefined): Promise<void> {
  await eventually(async () => {
    const label = await control(page, movie).locator('.rate-open').getAttribute('aria-label')
    expect(label).toBe(
      value === undefined
        ? `Rate ${movie.title}`
        : `You: ${value} of 5 for ${movie.title}. Change it`,
    )
  })
}
