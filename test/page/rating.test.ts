import { expect, test } from 'bun:test'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Locator, Page } from 'playwright-core'
import { PutRatingRequestSchema } from '../../gen/rating/v1/rating_pb.ts'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, type KnownMovie, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

/** Few enough to be on the screen together. */
const movies = await famousMovies(8)
/** Each test rates another one. */
const byClick = movieAt(0)
const byKey = movieAt(1)
const changed = movieAt(2)
const takenBack = movieAt(3)
const kept = movieAt(4)
const refused = movieAt(5)
const lost = movieAt(6)
const arrows = movieAt(7)
const putRating = /\/rating\.v1\.RatingService\/PutRating/

describePage(
  'a rating',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(movies)) },
  (site) => {
    test('takes one click, and moves every open page', async () => {
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

    test('takes one key where the focus is in the movie', async () => {
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

    test('is chosen by arrow keys as any radio button is', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await choice(page, arrows, 3).focus()
      await page.keyboard.press('ArrowRight')
      await expectOwn(page, arrows, 4)
      await eventually(async () => {
        expect((await site().others.aggregateOf(arrows.id)).count).toBe(9)
      })
      await page.keyboard.press('ArrowLeft')
      await expectOwn(page, arrows, 3)
    })

    test('that is changed counts once', async () => {
      await using ada = await site().visit('/')
      await using bob = await site().visit('/')
      await choice(ada.page, changed, 1).click()
      await expectRating(bob.page, changed, '3.9 of 5 from 9 ratings')
      await choice(ada.page, changed, 5).click()
      await expectRating(bob.page, changed, '4.3 of 5 from 9 ratings')
      await expectOwn(ada.page, changed, 5)
    })

    test('is taken back by choosing it again', async () => {
      await using ada = await site().visit('/')
      await using bob = await site().visit('/')
      await choice(ada.page, takenBack, 3).click()
      await expectRating(bob.page, takenBack, '3.8 of 5 from 9 ratings')
      await choice(ada.page, takenBack, 3).click()
      await expectRating(bob.page, takenBack, '3.9 of 5 from 8 ratings')
      await expectOwn(ada.page, takenBack, undefined)
    })

    test('is remembered by the browser, on all its pages and after a reload', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const other = await visitor.openPage()
      await other.goto('/')
      await expectOwn(other, kept, undefined)
      await choice(page, kept, 4).click()
      await expectOwn(other, kept, 4)
      await page.reload()
      await expectOwn(page, kept, 4)
      await expectRating(page, kept, '3.6 of 5 from 9 ratings')
    })

    test('that the service refuses is rolled back, and the reason is said', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      visitor.expectProblems(/PutRating/)
      await expectRating(page, refused, '3.1 of 5 from 8 ratings')
      // What the service is asked is beyond its rule, so the refusal is its own.
      await page.route(putRating, async (route) => {
        const asked = fromBinary(
          PutRatingRequestSchema,
          route.request().postDataBuffer() ?? Buffer.of(),
        )
        const postData = Buffer.from(toBinary(PutRatingRequestSchema, { ...asked, value: 9 }))
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

    test('that does not reach the service is rolled back, and the reason is said', async () => {
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

function card(page: Page, movie: KnownMovie): Locator {
  const link = page.getByRole('link', { name: movie.name, exact: true })
  return page.getByRole('listitem').filter({ has: link })
}

function choice(page: Page, movie: KnownMovie, value: number): Locator {
  return card(page, movie).getByRole('radio', { name: `${value} of 5` })
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
    expect(checked).toEqual([1, 2, 3, 4, 5].map((each) => each === value))
  })
}
