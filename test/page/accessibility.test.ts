import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { findViolations } from './axe.ts'
import { describePage, type Site } from './describe-page.ts'
import { listCalls } from './list-requests.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'
import { expectCode, field, send } from './try-form.ts'
import type { Visitor } from './visitor.ts'

const rated = await famousMovies(12)
const [best] = rated
const testTimeoutMs = 60_000

/** The pages as they are found, each with what brings it there. */
const states: Readonly<Record<string, { path: string; reach: (page: Page) => Promise<void> }>> = {
  'the list': {
    path: '/',
    reach: async (page) => {
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      await page.getByRole('radio', { name: '4 of 5' }).first().click()
    },
  },
  'a search that finds nothing': {
    path: '/?q=zzzz',
    reach: (page) => page.getByText('No title or director begins with').waitFor(),
  },
  'a movie': {
    path: `/movies/${best?.id}`,
    reach: async (page) => {
      await page.locator('canvas').waitFor()
      await page.getByRole('radio', { name: /^5 of 5/ }).click()
      await page.getByText('Stored', { exact: true }).waitFor()
    },
  },
  'a movie that is absent': {
    path: '/movies/no-such-movie',
    reach: (page) => page.getByText('There is no such movie').waitFor(),
  },
  'the system': {
    path: '/system',
    reach: async (page) => {
      await page.locator('canvas').nth(3).waitFor()
      await page.getByText('The same as a table').click()
    },
  },
  'the page to try a call': {
    path: '/try',
    reach: (page) => page.getByRole('link', { name: 'PutRating' }).first().waitFor(),
  },
  'an answer': {
    path: '/try/movie.v1.MovieService/GetMovieDetails',
    reach: async (page) => {
      await field(page, 'movie_id').fill(best?.id ?? '')
      await send(page)
      await expectCode(page, 'ok')
      await page.getByText('Headers', { exact: false }).last().click()
    },
  },
  'a form of every kind of field': {
    path: '/try/metadata.v1.MetadataService/PutMetadata',
    reach: async (page) => {
      for (const name of ['Set year', 'Set update_time', 'Add to genres']) {
        await page.getByRole('button', { name }).click()
      }
    },
  },
}

describePage(
  'axe finds no violation in light and dark, narrow and wide, on',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    for (const [name, { path, reach }] of Object.entries(states)) {
      test(
        name,
        async () => {
          await using visitor = await visitCalmly(site(), path)
          await reach(visitor.page)
          expect(await findViolations(visitor.page)).toEqual([])
        },
        testTimeoutMs,
      )
    }

    test(
      'a list that cannot be reached',
      async () => {
        await using visitor = await visitCalmly(site(), '/system')
        const { page } = visitor
        visitor.expectProblems(/ListMovies/)
        await page.route(listCalls, (route) => route.abort('connectionrefused'))
        await page.getByRole('link', { name: 'Movies', exact: true }).click()
        await page.getByText('The movies cannot be reached').waitFor()
        expect(await findViolations(page)).toEqual([])
      },
      testTimeoutMs,
    )

    test(
      'a list that is loading',
      async () => {
        await using visitor = await visitCalmly(site(), '/system')
        const { page } = visitor
        const release = Promise.withResolvers<void>()
        await page.route(listCalls, async (route) => {
          await release.promise
          await route.continue()
        })
        await page.getByRole('link', { name: 'Movies', exact: true }).click()
        await page.getByRole('heading', { name: 'Top rated' }).waitFor()
        expect(await findViolations(page)).toEqual([])
        release.resolve()
        await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      },
      testTimeoutMs,
    )

    test(
      'a call that is refused',
      async () => {
        await using visitor = await visitCalmly(site(), '/try/rating.v1.RatingService/PutRating')
        visitor.expectProblems(/PutRating/)
        await send(visitor.page)
        await expectCode(visitor.page, 'invalid_argument')
        expect(await findViolations(visitor.page)).toEqual([])
      },
      testTimeoutMs,
    )

    test(
      'a page without a network',
      async () => {
        await using visitor = await visitCalmly(site(), `/movies/${best?.id}`)
        const { page, context } = visitor
        await page.getByText('Live', { exact: true }).waitFor()
        visitor.expectProblems(/ERR_INTERNET_DISCONNECTED/)
        await context.setOffline(true)
        await page.getByText('You are offline.').waitFor()
        expect(await findViolations(page)).toEqual([])
      },
      testTimeoutMs,
    )
  },
)

/** Colours are what they are at once: nothing fades from one to another. */
function visitCalmly(site: Site, path: string): Promise<Visitor> {
  return site.visit(path, { reducedMotion: 'reduce' })
}
