import { expect, test } from 'bun:test'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Locator, Page } from 'playwright-core'
import { defaultScale, valuesOf } from '../../apps/web/rating/scale.ts'
import { PutRatingRequestSchema } from '../../gen/rating/v1/rating_pb.ts'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, type KnownMovie, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

/** Few enough to fit on the screen together. */
const movieCount = 8
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
const putRating = /\/rating\.v1\.RatingService\/PutRating/

describePage(
  'a rating',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(movies)) },
  (site) => {
    test('one click rates a movie and updates every open page', async () => {
      await using ada = await site().visit('/')
      await using bob = await site().visit('/')
      await expectRating(bob.page, byClick, '5.0 of 5 from 8 ratings')
      await choice(ada.page, byClick, 1).click()
      await expectRating(ada.page, byClick, '4.6 of 5 from 9 ratings')
      await expectRating(bob.page, byClick, '4.6 of 5 from 9 ratings')
      await expectOwn(ada.page, byClick, 1)
      await expectOwn(bob.page, byClick, undefined)
      expect((await site().others.aggregateOf(byClick.id)).count).toBe(9)
    })

    test('one key rates the focused movie', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: byKey.name, exact: true }).focus()
      await page.keyboard.press('2')
      await expectRating(page, byKey, '4.3 of 5 from 9 ratings')
      await expectOwn(page, byKey, 2)
      await page.keyboard.press('5')
      await expectRating(page, byKey, '4.7 of 5 from 9 ratings')
      await page.keyboard.press('0')
      await expectRating(page, byKey, '4.6 of 5 from 8 ratings')
      await expectOwn(page, byKey, undefined)
    })

    test('arrow keys choose a rating as in any radio group', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await choice(page, arrows, 3).focus()
      await page.keyboard.press('ArrowRight')
      await expectOwn(page, arrows, 3.5)
      await eventually(async () => {
        expect((await site().others.aggregateOf(arrows.id)).count).toBe(9)
      })
      await page.keyboard.press('ArrowLeft')
      await expectOwn(page, arrows, 3)
    })

    test('half a star is chosen by mouse and by keyboard, and is there after a reload', async () => {
      await using visitor = await site().visit(searchPath(byMouse))
      const { page } = visitor
      await choice(page, byMouse, 3.5).click()
      await expectRating(page, byMouse, '3.5 of 5 from 1 rating')
      await page.reload()
      await expectOwn(page, byMouse, 3.5)
      await choice(page, byMouse, 3.5).focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      await expectRating(page, byMouse, '4.5 of 5 from 1 rating')
      await page.reload()
      await expectOwn(page, byMouse, 4.5)
      await choice(page, byMouse, 4.5).click()
      await expectOwn(page, byMouse, undefined)
    })

    test.each([320, 390])(
      'taps at %d px choose a whole star, half of it, and none',
      async (width) => {
        await using visitor = await site().visit(searchPath(byTouch), { width, touch: true })
        const { page } = visitor
        const star = card(page, byTouch).locator('.bars-column').nth(3)
        const { width: targetWidth = 0, height = 0 } = (await star.boundingBox()) ?? {}
        expect(targetWidth).toBeGreaterThanOrEqual(24)
        expect(height).toBeGreaterThanOrEqual(44)
        const position = { x: targetWidth / 4, y: height / 2 }
        for (const value of [4, 3.5, undefined]) {
          await star.tap({ position })
          await expectOwn(page, byTouch, value)
        }
      },
    )

    test('a changed rating counts once', async () => {
      await using ada = await site().visit('/')
      await using bob = await site().visit('/')
      await choice(ada.page, changed, 1).click()
      await expectRating(bob.page, changed, '3.9 of 5 from 9 ratings')
      await choice(ada.page, changed, 5).click()
      await expectRating(bob.page, changed, '4.3 of 5 from 9 ratings')
      await expectOwn(ada.page, changed, 5)
    })

    test('clicking the chosen rating again removes it', async () => {
      await using ada = await site().visit('/')
      await using bob = await site().visit('/')
      await choice(ada.page, removed, 3).click()
      await expectRating(bob.page, removed, '3.8 of 5 from 9 ratings')
      await choice(ada.page, removed, 3).click()
      await expectRating(bob.page, removed, '3.9 of 5 from 8 ratings')
      await expectOwn(ada.page, removed, undefined)
    })

    test('a rating is saved in the browser, for all its pages and after a reload', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const other = await visitor.openPage()
      await other.goto('/')
      await expectOwn(other, saved, undefined)
      await choice(page, saved, 4).click()
      await expectOwn(other, saved, 4)
      await page.reload()
      await expectOwn(page, saved, 4)
      await expectRating(page, saved, '3.6 of 5 from 9 ratings')
    })

    test('a rating that the service rejects is rolled back with the reason', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      visitor.expectProblems(/PutRating/)
      await expectRating(page, refused, '3.1 of 5 from 8 ratings')
      // The request is changed to an invalid one, so that the service itself rejects it.
      await page.route(putRating, async (route) => {
        const message = fromBinary(
          PutRatingRequestSchema,
          route.request().postDataBuffer() ?? Buffer.of(),
        )
        const postData = Buffer.from(toBinary(PutRatingRequestSchema, { ...message, value: 9 }))
        await route.continue({ postData })
      })
      await choice(page, refused, 5).click()
      const alert = card(page, refused).getByRole('alert')
      await alert.waitFor()
      expect(await alert.textContent()).toMatch(/Couldn't save\. .*value/)
      await expectOwn(page, refused, undefined)
      await expectRating(page, refused, '3.1 of 5 from 8 ratings')
      await page.unroute(putRating)
      await choice(page, refused, 5).click()
      await expectRating(page, refused, '3.3 of 5 from 9 ratings')
      expect(await alert.count()).toBe(0)
    })

    test('a rating that does not reach the service is rolled back with the reason', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      visitor.expectProblems(/PutRating/)
      await page.route(putRating, (route) => route.abort('connectionrefused'))
      await choice(page, lost, 5).click()
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

function choice(page: Page, movie: KnownMovie, value: number): Locator {
  return card(page, movie).getByRole('radio', { name: `${value} of 5`, exact: true })
}

async function expectRating(page: Page, movie: KnownMovie, words: string): Promise<void> {
  await card(page, movie).getByText(words).waitFor({ state: 'attached' })
}

async function expectOwn(page: Page, movie: KnownMovie, value: number | undefined): Promise<void> {
  await eventually(async () => {
    const radios = card(page, movie).getByRole('radio')
    const checked = await radios.evaluateAll((all) =>
      all.map((radio) => (radio as HTMLInputElement).checked),
    )
    expect(checked).toEqual(valuesOf(defaultScale).map((each) => each === value))
  })
}
