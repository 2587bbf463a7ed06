import type { Page } from 'playwright-core'
import { listCalls } from './list-requests.ts'
import { choose, expectCode, field, send } from './try-form.ts'
import type { Visitor } from './visitor.ts'

/** A state of a page, with the steps that reach it. */
export interface PageState {
  readonly path: string
  /** Runs before the page is opened. */
  readonly prepare?: (visitor: Visitor) => Promise<void>
  /** Runs after the page is opened; resolves when the state is reached. */
  readonly reach: (page: Page, visitor: Visitor) => Promise<unknown>
  /** Delay before a screenshot, so that charts have data. */
  readonly pictureAfterMs?: number
}

const matrix = '/movies/the-matrix-1999'
const services = /^http:\/\/[^/]+(\/services\/\w+)?\/[\w.]+\.v1(alpha)?\.\w+\/\w+/
const ratingCalls = /\/services\/rating\//
const movieCalls = /WatchMovieDetails/
const systemCalls = /\/system\.v1\.\w+\//

const heading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name }).waitFor()

const firstMovie = (page: Page) => page.getByRole('listitem').first().getByRole('link').waitFor()

/** Rates the first movie of a list by its key. */
async function rateFirst(page: Page, value: number): Promise<void> {
  await page.getByRole('listitem').first().getByRole('link').focus()
  await page.keyboard.press(String(value))
}

/** Holds every response while the page is open. */
async function hold({ page }: Visitor): Promise<void> {
  await page.route(services, () => new Promise<never>(() => {}))
}

const refuse = (calls: RegExp) => async (visitor: Visitor) => {
  visitor.expectProblems(calls)
  await visitor.page.route(calls, (route) => route.abort('connectionrefused'))
}

async function goOffline(visitor: Visitor): Promise<void> {
  await visitor.page.getByText('Live', { exact: true }).waitFor()
  visitor.expectProblems(/ERR_INTERNET_DISCONNECTED/)
  await visitor.context.setOffline(true)
}

/** The states of each page by file name: full, empty, loading, error. They need rated movies. */
export const pageStates: Readonly<Record<string, PageState>> = {
  list: {
    path: '/',
    async reach(page) {
      await firstMovie(page)
      await rateFirst(page, 4)
      await page.getByRole('banner').getByText('Live', { exact: true }).waitFor()
    },
  },
  'list-filtered': {
    path: '/?genre=Drama&decade=1990&sort=year',
    async reach(page) {
      await firstMovie(page)
      await page.getByRole('button', { name: 'Genre' }).click()
      await page.getByRole('checkbox', { name: /^Drama/ }).waitFor()
    },
  },
  'list-compact': {
    path: '/?view=table',
    reach: (page) => page.getByRole('row').nth(1).waitFor(),
  },
  'list-search': { path: '/?q=kubrick', reach: firstMovie },
  'list-empty': {
    path: '/?q=zzzz',
    reach: (page) => page.getByText('No movie matches').waitFor(),
  },
  'list-loading': { path: '/', prepare: hold, reach: (page) => heading(page, 'Top rated') },
  'list-error': {
    path: '/',
    prepare: refuse(listCalls),
    reach: (page) => page.getByText("Couldn't load movies").waitFor(),
  },
  'list-without-ratings': {
    path: '/',
    prepare: refuse(ratingCalls),
    reach: (page) => page.getByText('Ratings are offline.').waitFor(),
  },
  'list-refused': {
    path: '/',
    prepare: refuse(/PutRating/),
    async reach(page) {
      await firstMovie(page)
      await rateFirst(page, 2)
      await page.getByText("Couldn't save.").waitFor()
    },
  },
  movie: {
    path: matrix,
    pictureAfterMs: 10_000,
    async reach(page) {
      await page.getByRole('radio', { name: '4.5 of 5' }).click()
      await page.getByText('Saved', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Live rating' }).waitFor()
    },
  },
  'movie-chart': {
    path: matrix,
    pictureAfterMs: 10_000,
    async reach(page) {
      await page.getByRole('radio', { name: '4.5 of 5' }).click()
      await page.getByRole('button', { name: 'Live rating' }).click()
      await page.locator('canvas').first().waitFor()
    },
  },
  'movie-empty': {
    path: '/movies/the-land-girls-1998',
    reach: (page) => page.getByText('Not rated yet').first().waitFor({ state: 'attached' }),
  },
  'movie-loading': {
    path: matrix,
    prepare: hold,
    reach: (page) => heading(page, 'Loading the movie'),
  },
  'movie-error': {
    path: matrix,
    prepare: refuse(movieCalls),
    reach: (page) => page.getByText("Couldn't load this movie").waitFor(),
  },
  'movie-offline': {
    path: matrix,
    async reach(page, visitor) {
      await goOffline(visitor)
      await page.getByText('You are offline.').waitFor()
    },
  },
  'movie-absent': {
    path: '/movies/no-such-movie',
    prepare: async (visitor) => visitor.expectProblems(/404/),
    reach: (page) => heading(page, 'Movie not found'),
  },
  system: {
    path: '/system',
    pictureAfterMs: 10_000,
    async reach(page) {
      await page.locator('canvas').nth(2).waitFor()
      await page.getByRole('button', { name: /^Show \d+ idle/ }).click()
    },
  },
  'system-method': {
    path: '/system',
    prepare: async ({ page }) => void (await page.request.get('/movie?id=the-matrix-1999')),
    async reach(page) {
      await page.getByRole('searchbox', { name: 'Filter methods' }).fill('GET /movie')
      await page.getByRole('button', { name: 'GET /movie' }).first().click()
      const call = page.getByRole('dialog').getByRole('button', { expanded: false }).first()
      await call.click()
      await page.getByRole('list', { name: 'Parts of the call' }).waitFor()
    },
  },
  'system-loading': { path: '/system', prepare: hold, reach: (page) => heading(page, 'System') },
  'system-error': {
    path: '/system',
    prepare: refuse(systemCalls),
    reach: (page) => page.getByText("Can't reach the movie service").first().waitFor(),
  },
  try: {
    path: '/try',
    reach: (page) => page.getByRole('link', { name: 'Rate a movie' }).waitFor(),
  },
  'try-loading': {
    path: '/try/movie.v1.MovieService/GetMovieDetails',
    prepare: hold,
    reach: (page) => page.getByText('Loading the methods of movie…').waitFor(),
  },
  'try-error': {
    path: '/try/rating.v1.RatingService/PutRating',
    prepare: refuse(ratingCalls),
    reach: (page) => page.getByText("Couldn't load PutRating").waitFor(),
  },
  'try-response': {
    path: '/try/movie.v1.MovieService/GetMovieDetails',
    async reach(page) {
      await field(page, 'movie_id').fill('the-matrix-1999')
      await send(page)
      await expectCode(page, 'ok')
    },
  },
  'try-stream': {
    path: '/try/movie.v1.MovieService/WatchMovieDetails',
    async reach(page) {
      await field(page, 'movie_id').fill('the-matrix-1999')
      await choose(page, 'Protocol', 'gRPC-Web')
      await send(page)
      await page
        .getByRole('region', { name: 'Response', exact: true })
        .getByRole('article')
        .waitFor()
    },
  },
  'try-refused': {
    path: '/try/rating.v1.RatingService/PutRating',
    async prepare(visitor) {
      visitor.expectProblems(/PutRating/)
    },
    async reach(page) {
      await field(page, 'value').fill('9')
      await send(page)
      await expectCode(page, 'invalid_argument')
    },
  },
  'try-json': {
    path: '/try/rating.v1.RatingService/PutRating',
    async reach(page) {
      await choose(page, 'Edit as', 'JSON')
      await page.getByRole('textbox', { name: /^JSON/ }).fill('{"value": "x",')
      await page.getByText(/^Line 1, column/).waitFor()
    },
  },
  'try-form': {
    path: '/try/metadata.v1.MetadataService/PutMetadata',
    async reach(page) {
      for (const name of ['Set update_time', 'Add to genres']) {
        await page.getByRole('button', { name }).click()
      }
    },
  },
  shortcuts: {
    path: matrix,
    async reach(page) {
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    },
  },
}
