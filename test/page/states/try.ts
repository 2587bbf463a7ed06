import type { Page } from 'playwright-core'
import { choose, expectCode, field, openTab, responseOf, send } from '../try-form.ts'
import { hold, type PageState, type PageStates, ratingCalls, refuse } from './state.ts'

const details = '/try/movie.v1.MovieService/GetMovieDetails'
const list = '/try/movie.v1.MovieService/ListMovies'
const watch = '/try/movie.v1.MovieService/WatchMovieDetails'
const put = '/try/rating.v1.RatingService/PutRating'

const method = (page: Page, name: string) => page.getByRole('heading', { level: 2, name }).waitFor()

async function callDetails(page: Page): Promise<void> {
  await field(page, 'movie_id').fill('the-matrix-1999')
  await send(page)
  await expectCode(page, 'ok')
}

async function startStream(page: Page): Promise<void> {
  await field(page, 'movie_id').fill('the-matrix-1999')
  await choose(page, 'Protocol', 'gRPC-Web')
  await send(page)
  await responseOf(page).getByRole('article').first().waitFor()
}

/** The call as a command or a program. */
const copiedAs = (name: string): PageState => ({
  path: put,
  shows: `the call as ${name}`,
  async reach(page) {
    await choose(page, 'Copy as', name)
    const region = page.getByRole('region', { name: 'Commands' })
    await region.locator('pre', { hasText: /PutRating|putRating|ratings/ }).waitFor()
  },
})

/** The states of the API explorer. */
export const tryStates: PageStates = {
  try: {
    path: '/try',
    shows: 'the API explorer without a method',
    reach: (page) => page.getByRole('link', { name: 'Rate a movie' }).waitFor(),
  },
  'try-method': {
    path: list,
    shows: 'a request as a form, filled with an example, and the whole comment of its method',
    async reach(page) {
      await page.locator('.method-docs summary').click()
      await method(page, 'ListMovies')
    },
  },
  'try-form': {
    path: '/try/metadata.v1.MetadataService/PutMetadata',
    shows: 'a form with a field that repeats',
    reach: (page) => page.getByRole('button', { name: 'Add to genres' }).click(),
  },
  'try-client-stream': {
    path: '/try/metadata.v1.MetadataService/ImportMetadata',
    shows: 'a request of several messages',
    reach: (page) => page.getByRole('button', { name: 'Message 2' }).waitFor(),
  },
  'try-json': {
    path: put,
    shows: 'invalid JSON in the editor, with the place of its error',
    async reach(page) {
      await choose(page, 'Edit as', 'JSON')
      await page.getByRole('textbox', { name: /^JSON/ }).fill('{"value": "x",')
      await page.getByText(/^Line 1, column/).waitFor()
    },
  },
  'try-json-valid': {
    path: put,
    shows: 'a request as JSON',
    async reach(page) {
      await choose(page, 'Edit as', 'JSON')
      await page.getByRole('textbox', { name: /^JSON/ }).waitFor()
    },
  },
  'try-headers': {
    path: put,
    shows: 'the headers of a request, with a bearer token',
    async reach(page) {
      await openTab(page, 'Headers & auth')
      await page.getByRole('button', { name: 'Add header' }).click()
      await page.getByLabel('Name of header 1').fill('x-request-id')
      await page.getByLabel('Value of header 1').fill('mine-1')
      await page.getByLabel('Bearer token').fill('a token')
    },
  },
  'try-options': {
    path: details,
    shows: 'the options of a call',
    reach: (page) => openTab(page, 'Options'),
  },
  'try-response': {
    path: details,
    shows: 'a response',
    reach: callDetails,
  },
  'try-response-search': {
    path: details,
    shows: 'a response with what a search found in it',
    async reach(page) {
      await callDetails(page)
      await page.getByLabel('Search the response').fill('matrix')
      await responseOf(page)
        .getByText(/ found$/)
        .waitFor()
    },
  },
  'try-response-headers': {
    path: details,
    shows: 'the headers of a response',
    async reach(page) {
      await callDetails(page)
      await responseOf(page).getByRole('tab', { name: 'Headers' }).click()
    },
  },
  'try-response-timing': {
    path: details,
    shows: 'the times of a response',
    async reach(page) {
      await callDetails(page)
      await responseOf(page).getByRole('tab', { name: 'Timing' }).click()
    },
  },
  'try-example': {
    path: details,
    shows: 'the response to an example that ends with an error',
    prepare: async (visitor) => visitor.expectProblems(/GetMovieDetails/),
    async reach(page) {
      await page.getByLabel('Example').selectOption('A movie that does not exist')
      await send(page)
      await expectCode(page, 'not_found')
    },
  },
  'try-refused': {
    path: put,
    shows: 'an error with the rules that the request broke',
    prepare: async (visitor) => visitor.expectProblems(/PutRating/),
    async reach(page) {
      await field(page, 'value').fill('9')
      await send(page)
      await expectCode(page, 'invalid_argument')
    },
  },
  'try-stream': {
    path: watch,
    shows: 'a stream that runs',
    reach: startStream,
  },
  'try-stream-ended': {
    path: watch,
    shows: 'a stream that was canceled',
    async reach(page) {
      await startStream(page)
      await page.getByRole('button', { name: 'Cancel' }).click()
      await expectCode(page, 'canceled')
    },
  },
  'try-history': {
    path: details,
    shows: 'the calls of this browser',
    async reach(page) {
      await callDetails(page)
      await page.getByRole('tab', { name: 'History' }).click()
      await page.locator('.history-entry').waitFor()
    },
  },
  'try-history-empty': {
    path: '/try',
    shows: 'the history before the first call',
    async reach(page) {
      await page.getByRole('tab', { name: 'History' }).click()
      await page.getByText('Calls that you send appear here.').waitFor()
    },
  },
  'try-copy-curl': copiedAs('curl'),
  'try-copy-grpcurl': copiedAs('grpcurl'),
  'try-copy-buf': copiedAs('buf curl'),
  'try-copy-typescript': copiedAs('TypeScript'),
  'try-copy-rest': copiedAs('REST'),
  'try-filter': {
    path: put,
    shows: 'the methods that a filter leaves',
    widthMin: 1_024,
    reach: (page) => page.getByRole('searchbox', { name: 'Filter methods' }).fill('Metadata'),
  },
  'try-filter-empty': {
    path: put,
    shows: 'a filter that no method matches',
    widthMin: 1_024,
    async reach(page) {
      await page.getByRole('searchbox', { name: 'Filter methods' }).fill('zzz')
      await page.getByText('No method matches “zzz”.').waitFor()
    },
  },
  'try-absent': {
    path: '/try/movie.v1.MovieService/NoSuchMethod',
    shows: 'a method that the service does not have',
    reach: (page) => page.getByRole('alert').waitFor(),
  },
  'try-loading': {
    path: details,
    shows: 'a method before the description of its service is there',
    prepare: hold,
    reach: (page) => page.getByText('Loading the methods of movie…').waitFor(),
  },
  'try-error': {
    path: put,
    shows: 'a method of a service that cannot be reached',
    prepare: refuse(ratingCalls),
    reach: (page) => page.getByText("Couldn't load PutRating").waitFor(),
  },
}
