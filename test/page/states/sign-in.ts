import { signIn } from '../services-with-sign-in.ts'
import type { Visitor } from '../visitor.ts'
import { heading, live, matrix, openMenu, type PageStates } from './state.ts'

const provider = /favicon|fonts\.googleapis|ERR_NAME_NOT_RESOLVED/
const signedIn = 'ada Example'

async function expectProvider(visitor: Visitor): Promise<void> {
  visitor.expectProblems(provider, /GetRating.* 404|404.*GetRating/, /40[13]/)
}

/** The states of services that people sign in to. */
export const signInStates: PageStates = {
  'first-run': {
    path: '/',
    shows: 'the list before the first rating, for a person who is signed out',
    prepare: expectProvider,
    async reach(page) {
      await page.getByText('No ratings yet.').waitFor()
    },
  },
  'signed-out-rating': {
    path: matrix,
    shows: 'a rating by a person who is signed out',
    prepare: expectProvider,
    async reach(page) {
      await page.getByRole('radio', { name: /^4 of 5/ }).click()
      await page.getByText('Sign in, and this page saves it.').waitFor()
    },
  },
  'sign-in-form': {
    path: '/',
    shows: 'the form of the identity provider of our tests, which is no page of Marquee',
    isForeign: true,
    prepare: expectProvider,
    async reach(page) {
      await openMenu(page)
      await page.getByRole('link', { name: 'Sign in' }).click()
      await page.locator('input[name=login]').waitFor()
    },
  },
  'signed-in': {
    path: '/',
    shows: 'the list of a person who is signed in; on a narrow window, with the menu that says so',
    isOverlay: true,
    prepare: expectProvider,
    async reach(page) {
      await openMenu(page)
      await signIn(page, 'ada')
      await openMenu(page)
      await page.getByText(signedIn).waitFor()
    },
  },
  'signed-in-me': {
    path: matrix,
    shows: 'My ratings of a person who is signed in',
    prepare: expectProvider,
    async reach(page) {
      await openMenu(page)
      await signIn(page, 'ada')
      await live(page)
      await page.keyboard.press('4')
      await page.getByText('Saved', { exact: true }).waitFor()
      await page.goto('/me')
      await page.getByText(`Ratings of ${signedIn}`).waitFor()
    },
  },
  'system-closed': {
    path: '/system',
    shows: 'the system page, which is closed to a person who is signed out',
    prepare: expectProvider,
    async reach(page) {
      await heading(page, 'System')
      await page.getByRole('main').getByText('You are not allowed to see this.').first().waitFor()
    },
  },
}
