import { firstMovie, heading, matrix, openMenu, type PageStates, phoneWidthMax } from './state.ts'

/** Time for Swagger UI, which takes seconds of CPU, in milliseconds. */
const docsTimeoutMs = 60_000

/** The states of what all pages have, and of pages with one state. */
export const frameStates: PageStates = {
  menu: {
    path: '/',
    shows: 'the menu of a phone, open',
    widthMax: phoneWidthMax,
    isOverlay: true,
    async reach(page) {
      await firstMovie(page)
      await openMenu(page)
    },
  },
  shortcuts: {
    path: matrix,
    shows: 'the dialog with the keyboard shortcuts',
    isOverlay: true,
    async reach(page) {
      await openMenu(page)
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    },
  },
  'not-found': {
    path: '/nope',
    shows: 'a path that is not served',
    prepare: async (visitor) => visitor.expectProblems(/404/),
    reach: (page) => heading(page, 'Page not found'),
  },
  'page-lost': {
    path: '/',
    shows: 'a page whose script cannot be loaded, as after a deployment',
    async reach(page, visitor) {
      await firstMovie(page)
      visitor.expectProblems(/404/)
      await page.route(/\/assets\/.*\.js$/, (route) => route.fulfill({ status: 404 }))
      await openMenu(page)
      await page.getByRole('link', { name: 'API', exact: true }).click()
      await page.getByText("Couldn't load this page").waitFor()
    },
  },
  docs: {
    path: '/docs',
    shows: 'the REST documentation, by Swagger UI',
    isForeign: true,
    async reach(page) {
      const operation = page.locator('[id$="MovieService_GetMovieDetails"]')
      await operation.waitFor({ timeout: docsTimeoutMs })
    },
  },
}
