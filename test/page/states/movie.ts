import type { Page } from 'playwright-core'
import { famousMovies } from '../ratings.ts'
import {
  firstMovie,
  goOffline,
  heading,
  hold,
  live,
  matrix,
  type PageStates,
  putRating,
  rateByKey,
  refuse,
} from './state.ts'

/** Time until the charts of a movie have a line to show, in milliseconds. */
const chartMs = 8_000
const movieCalls = /WatchMovieDetails/

/** By whole stars, because a finger cannot choose the half of one at once. */
const fourStars = (page: Page) => page.getByRole('radio', { name: /^4 of 5/ })

async function rateMatrix(page: Page): Promise<void> {
  await fourStars(page).click()
  await page.getByText('Saved', { exact: true }).waitFor()
}

/** The states of the page of a movie. */
export const movieStates: PageStates = {
  movie: {
    path: matrix,
    shows: 'a movie that the person has rated, with the line of its live rating',
    pictureAfterMs: chartMs,
    async reach(page) {
      await rateMatrix(page)
      await page.getByRole('button', { name: 'Live rating' }).waitFor()
    },
  },
  'movie-unrated': {
    path: matrix,
    shows: 'a movie that others have rated, with the strip of similar movies',
    async reach(page) {
      await live(page)
      await page.getByRole('region', { name: 'More like this' }).waitFor()
    },
  },
  'movie-of-list': {
    path: '/',
    shows: 'a movie opened from the list, with links to the ones beside it',
    async reach(page) {
      await firstMovie(page)
      await page.locator('.card').nth(1).getByRole('link').first().click()
      await page.locator('.movie-head').waitFor()
      await live(page)
    },
  },
  'movie-chart': {
    path: matrix,
    shows: 'the dialog with the chart of the live rating',
    isOverlay: true,
    pictureAfterMs: chartMs,
    async reach(page) {
      await rateMatrix(page)
      await page.getByRole('button', { name: 'Live rating' }).click()
      await page.locator('.chart-dialog canvas').first().waitFor()
    },
  },
  'movie-empty': {
    path: '/movies/the-land-girls-1998',
    shows: 'a movie that nobody has rated',
    reach: (page) => page.getByText('Not rated yet').first().waitFor({ state: 'attached' }),
  },
  'movie-loading': {
    path: matrix,
    shows: 'a movie before its first response',
    prepare: hold,
    reach: (page) => heading(page, 'Loading the movie'),
  },
  'movie-error': {
    path: matrix,
    shows: 'a movie that cannot be loaded',
    prepare: refuse(movieCalls),
    reach: (page) => page.getByText("Couldn't load this movie").waitFor(),
  },
  'movie-refused': {
    path: matrix,
    shows: 'a rating that was not saved, with the reason',
    prepare: refuse(/PutRating/),
    async reach(page) {
      await live(page)
      await fourStars(page).click()
      await page.getByText("Couldn't save. Your rating is unchanged.").waitFor()
    },
  },
  'movie-offline': {
    path: matrix,
    shows: 'a movie while the browser has no network',
    async reach(page, visitor) {
      await goOffline(visitor)
      await page.getByText('You are offline.').waitFor()
    },
  },
  'movie-absent': {
    path: '/movies/no-such-movie',
    shows: 'a movie that the catalogue does not have',
    prepare: async (visitor) => visitor.expectProblems(/404/),
    reach: (page) => heading(page, 'Movie not found'),
  },
}

const manyMovies = (await famousMovies(40)).map(({ id }) => id)
/** Values of the ratings of `manyMovies`, in half stars, from the highest to the lowest. */
const manyValues = [5, 4.5, 4.5, 4, 4, 4, 3.5, 3, 2, 0.5]

async function rateTwo(page: Page): Promise<void> {
  await firstMovie(page)
  await rateByKey(page, 0, 4)
  await rateByKey(page, 1, 2)
}

/** The states of the person's own ratings. */
export const meStates: PageStates = {
  me: {
    path: '/',
    shows: 'My ratings with two ratings',
    async reach(page) {
      await rateTwo(page)
      await page.goto('/me')
      await page.getByText('2 ratings · average 3.0').waitFor()
    },
  },
  'me-many': {
    path: '/',
    shows: `My ratings with ${manyMovies.length} ratings`,
    async reach(page) {
      await firstMovie(page)
      const userId = (await page.evaluate(() => localStorage.getItem('marquee.user'))) ?? ''
      for (const [n, recordId] of manyMovies.entries()) {
        await putRating(page, { recordId, userId, value: manyValues[n % 10] ?? 3 })
      }
      await page.goto('/me?sort=value')
      await page.getByText(`${manyMovies.length} ratings`).waitFor()
    },
  },
  'me-empty': {
    path: '/me',
    shows: 'My ratings before the first one, with famous movies to begin with',
    async reach(page) {
      await page.getByText('Rate a movie and it shows up here.').waitFor()
      await firstMovie(page)
    },
  },
  'me-without-service': {
    path: '/',
    shows: 'My ratings as the browser has saved them, while the rating service is unavailable',
    prepare: refuse(/ListRatings/),
    async reach(page) {
      await rateTwo(page)
      await page.goto('/me')
      await page.getByText('Showing the ratings saved in this browser').waitFor()
    },
  },
  'me-offline': {
    path: '/',
    shows: 'My ratings while the browser has no network',
    async reach(page, visitor) {
      await rateTwo(page)
      await page.goto('/me')
      await page.getByText('2 ratings · average 3.0').waitFor()
      await goOffline(visitor)
      await page.getByRole('banner').getByText('Offline').waitFor({ state: 'attached' })
    },
  },
  'me-loading': {
    path: '/me',
    shows: 'My ratings before the first response',
    prepare: hold,
    reach: (page) => heading(page, 'My ratings'),
  },
}
