import { expect, test } from 'bun:test'
import { describePage, eventually } from './describe-page.ts'
import { startServices } from './services.ts'
import {
  choose,
  descriptionOf,
  expectCode,
  field,
  headersOf,
  messageTexts,
  openTab,
  responseOf,
  send,
} from './try-form.ts'

const matrix = 'the-matrix-1999'
const details = '/try/movie.v1.MovieService/GetMovieDetails'
const watch = '/try/movie.v1.MovieService/WatchMovieDetails'
const put = '/try/rating.v1.RatingService/PutRating'

describePage(
  'the API explorer',
  {
    start: startServices,
    fill: ({ others }) => others.rate(matrix, 'ada', 4),
  },
  (site) => {
    test('the API explorer lists every method of the three services and opens one', async () => {
      await using visitor = await site().visit('/try')
      const { page } = visitor
      expect(await page.title()).toBe('API explorer · Marquee')
      const methods = page.getByRole('navigation', { name: 'Methods' })
      for (const name of ['GetMovieDetails', 'ListMetadata', 'PutRating', 'ImportRatings']) {
        await methods.getByRole('link', { name }).first().waitFor()
      }
      await methods.getByRole('link', { name: 'PutRating' }).click()
      await page.getByRole('heading', { level: 2, name: 'PutRating' }).waitFor()
      expect(new URL(page.url()).pathname).toBe(put)
      await page.goBack()
      await page.getByRole('link', { name: 'Rate a movie' }).waitFor()
      await page.goForward()
      await page.getByRole('heading', { level: 2, name: 'PutRating' }).waitFor()
    })

    test('the methods of every service say that they are loading until they are there', async () => {
      await using visitor = await site().visit('/me')
      const { page } = visitor
      const release = Promise.withResolvers<void>()
      await page.route(/ServerReflectionInfo/, async (route) => {
        await release.promise
        await route.continue()
      })
      await page.goto('/try')
      const methods = page.getByRole('navigation', { name: 'Methods' })
      const heading = page.getByRole('heading', { name: 'every service' })
      const section = methods.locator('section').filter({ has: heading })
      await section.getByText('Loading…').waitFor()
      expect(await section.getByRole('link').count()).toBe(0)
      release.resolve()
      await section.getByRole('link', { name: 'Check' }).first().waitFor()
      expect(await section.getByText('Loading…').count()).toBe(0)
    })

    test.each(['Connect', 'gRPC-Web'])(
      'a method can be called over %s, in JSON and in binary',
      async (name) => {
        await using visitor = await site().visit(details)
        const { page } = visitor
        await field(page, 'movie_id').fill(matrix)
        await choose(page, 'Protocol', name)
        for (const format of ['JSON', 'Binary']) {
          await choose(page, 'Encoding', format)
          await send(page)
          const type = name === 'Connect' ? 'application/' : 'application/grpc-web+'
          const subtype = format === 'JSON' ? 'json' : 'proto'
          // The page may still show the previous response.
          await eventually(async () => {
            const headers = await headersOf(page, 'Headers')
            expect(headers).toContain(`content-type${type}${subtype}`)
            const [message = ''] = await messageTexts(page)
            expect(JSON.parse(message).movieDetails).toMatchObject({
              metadata: { title: 'The Matrix', year: 1999 },
              rating: { mean: 4, count: '1' },
            })
          })
          await expectCode(page, 'ok')
        }
      },
    )

    test('the method of the URL is in view among all methods', async () => {
      await using visitor = await site().visit(put)
      const { page } = visitor
      const methods = page.getByRole('navigation', { name: 'Methods' })
      // The last that are loaded.
      await methods.getByRole('link', { name: 'ImportMetadata' }).waitFor()
      await methods
        .getByRole('link', { name: 'ListActivity' })
        .or(methods.getByRole('link', { name: 'GetActivity' }))
        .first()
        .waitFor()
      const bottom = async () => {
        const { y = 0, height = 0 } =
          (await methods.getByRole('link', { name: 'PutRating' }).boundingBox()) ?? {}
        return y + height
      }
      await eventually(async () => expect(await bottom()).toBeLessThanOrEqual(900))
      // What chooses among the methods does not scroll away.
      for (const one of [page.getByRole('tab', { name: 'History' }), page.getByRole('searchbox')]) {
        const { y = 0 } = (await one.last().boundingBox()) ?? {}
        expect(y).toBeGreaterThan(56)
      }
    })

    test('a call sends headers and shows the headers and trailers of the response', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await field(page, 'movie_id').fill(matrix)
      await choose(page, 'Protocol', 'gRPC-Web')
      await openTab(page, 'Headers & auth')
      await page.getByRole('button', { name: 'Add header' }).click()
      await page.getByLabel('Name of header 1').fill('x-request-id')
      await page.getByLabel('Value of header 1').fill('of-the-test')
      await send(page)
      await expectCode(page, 'ok')
      expect(await headersOf(page, 'Headers')).toContain('x-request-idof-the-test')
      expect(await headersOf(page, 'Trailers')).toContain('grpc-status0')
    })

    test('a method without side effects can be called by GET', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      await field(page, 'movie_id').fill(matrix)
      await choose(page, 'HTTP method', 'GET')
      const request = page.waitForRequest(/GetMovieDetails/)
      await send(page)
      expect((await request).method()).toBe('GET')
      await expectCode(page, 'ok')
    })

    test.each(['Connect', 'gRPC-Web'])(
      'a stream over %s is shown as it arrives, until it is canceled',
      async (name) => {
        await using visitor = await site().visit(watch)
        const { page } = visitor
        await field(page, 'movie_id').fill(matrix)
        await choose(page, 'Protocol', name)
        await send(page)
        await expectCode(page, 'running')
        await eventually(async () => expect(await messageTexts(page)).toHaveLength(1))
        const { count } = await site().others.aggregateOf(matrix)
        await site().others.rate(matrix, `stream-${name}`, 5)
        await eventually(async () => {
          const texts = await messageTexts(page)
          expect(texts).toHaveLength(2)
          expect(texts[0]).toContain(`"count": "${count + 1}"`)
        })
        await page.getByRole('button', { name: 'Cancel' }).click()
        await expectCode(page, 'canceled')
        await site().others.rate(matrix, `stream-${name}`, 1)
        expect(await messageTexts(page)).toHaveLength(2)
      },
    )

    test('an invalid value is reported at its field', async () => {
      await using visitor = await site().visit(put)
      const { page } = visitor
      visitor.expectProblems(/PutRating/)
      await field(page, 'record_id').fill(matrix)
      await field(page, 'record_type').fill('movie')
      await field(page, 'user_id').fill('me')
      await field(page, 'value').fill('9')
      await send(page)
      await expectCode(page, 'invalid_argument')
      const value = field(page, 'value')
      expect(await value.getAttribute('aria-invalid')).toBe('true')
      expect(await descriptionOf(value)).toMatch(/must be 0.5 to 5 in steps of 0.5/)
      expect(await field(page, 'user_id').getAttribute('aria-invalid')).not.toBe('true')
      await value.fill('4.5')
      await send(page)
      await expectCode(page, 'ok')
      expect(await field(page, 'value').getAttribute('aria-invalid')).not.toBe('true')
    })

    test('a failed call shows its code and message', async () => {
      await using visitor = await site().visit(details)
      const { page } = visitor
      visitor.expectProblems(/GetMovieDetails/)
      await field(page, 'movie_id').fill('no-such-movie')
      await send(page)
      await expectCode(page, 'not_found')
      expect(await responseOf(page).textContent()).toMatch(/HTTP 404/)
      await choose(page, 'Protocol', 'gRPC-Web')
      await send(page)
      await expectCode(page, 'not_found')
      await eventually(async () => {
        expect(await responseOf(page).textContent()).toMatch(/HTTP 200/)
      })
    })

    test('a stream of several messages can be sent as JSON', async () => {
      await using visitor = await site().visit('/try/rating.v1.RatingService/ImportRatings')
      const { page } = visitor
      await choose(page, 'Edit as', 'JSON')
      const rating = (value: number) => ({
        rating: { recordId: 'alien-1979', recordType: 'movie', userId: `u${value}`, value },
      })
      await page.getByRole('textbox', { name: /^JSON/ }).fill(JSON.stringify([1, 5, 9].map(rating)))
      await send(page)
      await expectCode(page, 'ok')
      const [message = ''] = await messageTexts(page)
      expect(JSON.parse(message)).toMatchObject({ createdCount: '2', refusedCount: '1' })
    })

    test('an unknown method is reported', async () => {
      await using visitor = await site().visit('/try/movie.v1.MovieService/NoSuchMethod')
      await visitor.page.getByText('movie has no movie.v1.MovieService/NoSuchMethod').waitFor()
    })
  },
)
