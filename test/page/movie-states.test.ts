import { expect, test } from 'bun:test'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

const rated = await famousMovies(8)
const [best] = rated
const path = `/movies/${best?.id}`

describePage(
  'the page of a movie',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test.each([320, 390])(
      'on a phone of %i px, says what the movie is, then lets rate it, then shows what others think',
      async (width) => {
        await using visitor = await site().visit(path, { width, height: 844, touch: true })
        const { page } = visitor
        await page.getByRole('heading', { name: 'Details' }).waitFor()
        await page.getByRole('region', { name: 'More like this' }).waitFor()
        const parts = [
          ...['.movie-poster', '.movie-meta', '.score-own', '[aria-labelledby="rating-title"]'],
          ...['.score-spread', '.movie-similar', '.movie-details'],
        ]
        const tops = await Promise.all(
          parts.map(async (part) => (await page.locator(part).boundingBox())?.y),
        )
        expect(tops).toEqual(tops.toSorted((one = 0, other = 0) => one - other))
        expect(new Set(tops).size).toBe(parts.length)
        expect(await page.locator('.rate-keys').isVisible()).toBe(false)
      },
    )

    test('names the keys where there is a keyboard', async () => {
      await using visitor = await site().visit(path)
      await visitor.page.locator('.rate-keys').waitFor()
    })

    test.each(rated.map(({ id }) => id))(
      'on a phone, the title of %s stands beside the drawing',
      async (id) => {
        await using visitor = await site().visit(`/movies/${id}`, {
          ...{ width: 390, height: 844, touch: true },
        })
        const title = visitor.page.locator('.movie-poster .poster-title')
        await title.waitFor()
        const { right, bottom, drawing, credit } = await title.evaluate((element) => {
          const range = document.createRange()
          range.selectNodeContents(element)
          const text = range.getBoundingClientRect()
          const boxOf = (part: string) =>
            document.querySelector(`.movie-poster ${part}`)?.getBoundingClientRect()
          const [motif, below] = [boxOf('.poster-motif'), boxOf('.poster-credit')]
          return {
            ...{ right: text.right, bottom: text.bottom },
            ...{ drawing: motif?.left ?? 0, credit: below?.bottom ?? 0 },
          }
        })
        expect(right).toBeLessThanOrEqual(drawing + 1)
        expect(bottom).toBeLessThan(credit)
      },
    )

    test('shows no stars of a rating that was not saved, also below the pointer', async () => {
      await using visitor = await site().visit(path)
      const { page } = visitor
      visitor.expectProblems(/PutRating/)
      await page.route(/PutRating/, (route) => route.abort('connectionrefused'))
      await page.getByRole('radio', { name: '4 of 5: Good' }).click()
      await page.getByRole('alert').getByText("Couldn't save.").waitFor()
      await eventually(async () => {
        const filled = await page
          .locator('.rate .star-fill')
          .evaluateAll((stars) => stars.map((star) => getComputedStyle(star).clipPath))
        expect(new Set(filled).size).toBe(1)
      })
      expect(await page.locator('.stars-words').textContent()).toBe('')
    })

    test('leads to all movies when it cannot be loaded', async () => {
      await using visitor = await site().visit('about:blank')
      const { page } = visitor
      visitor.expectProblems(/WatchMovieDetails/)
      await page.route(/WatchMovieDetails/, (route) => route.abort('connectionrefused'))
      await page.goto(path)
      await page.getByText("Couldn't load this movie").waitFor()
      await page.getByRole('link', { name: 'All movies', exact: true }).click()
      await page.getByRole('heading', { level: 1, name: 'Top rated' }).waitFor()
    })
  },
)
