import type { Page } from 'playwright-core'
import { listCalls } from '../list-requests.ts'
import {
  firstMovie,
  goOffline,
  heading,
  hold,
  live,
  type PageStates,
  phoneWidthMax,
  putRating,
  rateByKey,
  ratingCalls,
  refuse,
} from './state.ts'

/** Number of people who rate a movie so low that the order of the list changes. */
const criticCount = 60

const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor()

/** The states of the list, whole and restricted. */
export const listStates: PageStates = {
  list: {
    path: '/',
    shows: 'the top rated movies, the first of which the person has rated 4',
    async reach(page) {
      await firstMovie(page)
      await rateByKey(page, 0, 4)
      await live(page)
    },
  },
  'list-filtered': {
    path: '/?genre=Drama&decade=1990&sort=year',
    shows: 'the menu of genres, open',
    isOverlay: true,
    async reach(page) {
      await firstMovie(page)
      await page.getByRole('button', { name: 'Genre' }).click()
      await page.getByRole('checkbox', { name: /^Drama/ }).waitFor()
    },
  },
  'list-decades': {
    path: '/?decade=1990&sort=year',
    shows: 'the menu of decades, open',
    isOverlay: true,
    async reach(page) {
      await firstMovie(page)
      await page.getByRole('button', { name: 'Decade' }).click()
      await page.getByRole('checkbox', { name: /^1990s/ }).waitFor()
    },
  },
  'list-chips': {
    path: '/?genre=Drama&genre=Adventure&decade=1990&sort=count&min=2',
    shows: 'chips of several filters, each of which removes one',
    async reach(page) {
      await page.getByRole('link', { name: 'Remove the filter Rating ≥ 2' }).waitFor()
      await page.getByRole('heading', { level: 1, name: 'Most rated' }).waitFor()
    },
  },
  'list-letters': {
    path: '/?sort=title&from=M',
    shows: 'the list by title from M, with the rail of letters',
    async reach(page) {
      await firstMovie(page)
      await page.getByRole('navigation', { name: 'Titles from' }).waitFor()
    },
  },
  'list-week': {
    path: '/?period=week',
    shows: 'the top of this week',
    reach: firstMovie,
  },
  'list-end': {
    path: '/?director=Peter+Jackson',
    shows: 'a list with its end: movies by one director',
    reach: text("You've reached the end."),
  },
  'list-compact': {
    path: '/?view=table',
    shows: 'the compact list',
    reach: (page) => page.getByRole('row').nth(1).waitFor(),
  },
  'list-compact-letters': {
    path: '/?view=table&sort=title&from=D',
    shows: 'the compact list by title, with the rail of letters',
    reach: (page) => page.getByRole('row').nth(1).waitFor(),
  },
  'list-rating': {
    path: '/',
    shows: 'the stars of the first movie, opened to rate it',
    isOverlay: true,
    async reach(page) {
      await firstMovie(page)
      const card = page.locator('.card').first()
      await card.locator('.rate-open').focus()
      await page.keyboard.press('Enter')
      await card.locator('.rate-stars').waitFor()
    },
  },
  'list-rated': {
    path: '/',
    shows: 'the toast after a rating, with Undo',
    isOverlay: true,
    async reach(page) {
      await firstMovie(page)
      await rateByKey(page, 0, 4)
      await page.getByRole('button', { name: 'Undo' }).waitFor()
      // A toast that is pointed at stays.
      await page.locator('.toast').hover()
    },
  },
  'list-hides-rated': {
    path: '/',
    shows: 'the list without the three movies that the person has rated',
    async reach(page) {
      await firstMovie(page)
      for (const [index, value] of [4, 3, 5].entries()) await rateByKey(page, index, value)
      await page.getByRole('checkbox', { name: 'Hide rated by me' }).check()
      await page.getByRole('link', { name: 'Remove the filter Hide rated by me' }).waitFor()
    },
  },
  'list-offline': {
    path: '/',
    shows: 'the list while the browser has no network',
    isOverlay: true,
    async reach(page, visitor) {
      await firstMovie(page)
      await goOffline(visitor)
      await page.getByText('You are offline.').waitFor()
    },
  },
  'list-loading': {
    path: '/',
    shows: 'the list before its first response',
    prepare: hold,
    reach: (page) => heading(page, 'Top rated'),
  },
  'list-error': {
    path: '/',
    shows: 'the list whose request failed',
    prepare: refuse(listCalls),
    reach: text("Couldn't load movies"),
    settle: text("Couldn't load movies"),
  },
  'list-without-ratings': {
    path: '/',
    shows: 'the list while the rating service cannot be reached',
    prepare: refuse(ratingCalls),
    reach: text('Ratings are offline.'),
  },
  'list-refused': {
    path: '/',
    shows: 'a rating that was not saved, with the reason on its card',
    prepare: refuse(/PutRating/),
    async reach(page) {
      await firstMovie(page)
      await page.locator('.card').first().getByRole('link').first().focus()
      await page.keyboard.press('2')
      await page.getByText("Couldn't save.").waitFor()
    },
  },
  // The last, because it moves a movie of the top list down.
  'list-reordered': {
    path: '/',
    shows: 'the offer to load the list again, after its order has changed',
    isOverlay: true,
    async reach(page) {
      await firstMovie(page)
      await live(page)
      const link = page.locator('.card').nth(8).getByRole('link').first()
      const recordId = (await link.getAttribute('href'))?.split('/').at(-1) ?? ''
      for (let n = 0; n < criticCount; n++) {
        await putRating(page, { recordId, userId: `critic-${n}`, value: 0.5 })
      }
      await page.getByRole('button', { name: 'Order changed · Update' }).waitFor()
    },
  },
}

/** The states of a search, and of filters that leave nothing. */
export const searchStates: PageStates = {
  'list-search': {
    path: '/?q=kubrick',
    shows: 'the results of a search',
    reach: firstMovie,
  },
  'list-search-misspelt': {
    path: '/?q=matirx',
    shows: 'the results of a misspelt search, with a suggestion',
    reach: text('No exact match. Did you mean'),
  },
  'list-search-typed': {
    path: '/system',
    shows: 'a search on a phone, typed into the field that its magnifying glass opens',
    widthMax: phoneWidthMax,
    isOverlay: true,
    async reach(page) {
      await heading(page, 'System')
      await page.getByRole('banner').getByRole('searchbox').click()
      await page.keyboard.type('kubrick')
      await page.getByRole('link', { name: 'The Shining, 1980' }).waitFor()
    },
  },
  'list-empty': {
    path: '/?q=zzzz',
    shows: 'a search without results',
    reach: text('No movie matches'),
  },
  'list-empty-search-filtered': {
    path: '/?q=matrix&genre=Western&decade=1960',
    shows: 'a search without results because of its filters',
    reach: text('with these filters'),
  },
  'list-empty-filtered': {
    path: '/?director=Stanley+Kubrick&genre=Musical&decade=1980',
    shows: 'filters that no movie has',
    reach: text('No movie matches all of these filters.'),
  },
}
