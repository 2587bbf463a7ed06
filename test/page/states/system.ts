import type { Page } from 'playwright-core'
import { goOffline, heading, hold, type PageStates, refuse } from './state.ts'

/** Time until rates and charts have values, in milliseconds. */
const chartMs = 8_000
const systemCalls = /\/system\.v1\.\w+\//
const detailsRoute = 'GET /movie'

const charts = (page: Page) => page.locator('canvas').nth(2).waitFor()

/** Calls a method of movie, and opens it. */
async function openMethod(page: Page): Promise<void> {
  await page.request.get('/movie?id=the-matrix-1999')
  await page.getByRole('searchbox', { name: 'Filter methods' }).fill(detailsRoute)
  await page.getByRole('button', { name: detailsRoute }).first().click()
  await page.getByRole('dialog').getByRole('button', { expanded: false }).first().waitFor()
}

/** The states of the system page while all services run. They need a dead letter. */
export const systemStates: PageStates = {
  system: {
    path: '/system',
    shows: 'the system page, with the methods that are idle',
    pictureAfterMs: chartMs,
    async reach(page) {
      await charts(page)
      await page.getByRole('button', { name: /^Show \d+ idle/ }).click()
    },
  },
  'system-method': {
    path: '/system',
    shows: 'the details of a method: durations, codes, last calls',
    isOverlay: true,
    pictureAfterMs: 2_000,
    reach: openMethod,
  },
  'system-call': {
    path: '/system',
    shows: 'the trace of a call: its parts in all services',
    isOverlay: true,
    async reach(page) {
      await openMethod(page)
      await page.getByRole('dialog').getByRole('button', { expanded: false }).first().click()
      await page.getByRole('list', { name: 'Parts of the call' }).waitFor()
    },
  },
  'system-service': {
    path: '/system',
    shows: 'the system page restricted to one service',
    pictureAfterMs: chartMs,
    async reach(page) {
      const services = page.getByRole('region', { name: 'Services' })
      await services.getByRole('button', { name: 'rating' }).click()
      await page.getByText('Only rating.').waitFor()
    },
  },
  'system-paused': {
    path: '/system',
    shows: 'the system page while it is paused, with the history of an hour',
    pictureAfterMs: 2_000,
    async reach(page) {
      await charts(page)
      await page.getByRole('radio', { name: '1 h' }).check()
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText('Paused at').first().waitFor()
    },
  },
  'system-internal': {
    path: '/system',
    shows: 'the system page with the traffic among the services',
    pictureAfterMs: chartMs,
    async reach(page) {
      await charts(page)
      await page.getByLabel('Hide internal traffic').uncheck()
      await page.getByRole('button', { name: 'ActivityService/GetActivity' }).first().waitFor()
    },
  },
  'system-dead-letter': {
    path: '/system',
    shows: 'an open dead letter, with its bytes as hexadecimal numbers',
    isOverlay: true,
    async reach(page) {
      const letters = page.getByRole('region', { name: 'Dead letters' })
      await letters.getByRole('button', { expanded: false }).first().click()
      await letters.getByRole('button', { name: 'Hexadecimal' }).click()
      await letters.scrollIntoViewIfNeeded()
    },
  },
  'system-stale': {
    path: '/system',
    shows: 'the last known state, while the stream is lost',
    pictureAfterMs: 2_000,
    async reach(page, visitor) {
      await charts(page)
      await goOffline(visitor)
      await page.getByRole('main').getByText('Connection lost.').waitFor()
    },
  },
  'system-loading': {
    path: '/system',
    shows: 'the system page before its first report',
    prepare: hold,
    reach: (page) => heading(page, 'System'),
  },
  'system-error': {
    path: '/system',
    shows: 'the system page that cannot reach its service',
    prepare: refuse(systemCalls),
    reach: (page) => page.getByText("Can't reach the movie service").first().waitFor(),
  },
}

/** States of services that nobody else calls. */
export const quietStates: PageStates = {
  'system-quiet': {
    path: '/system',
    shows: 'the system page while nobody calls the services',
    pictureAfterMs: chartMs,
    reach: charts,
  },
}
