import type { Page } from 'playwright-core'
import type { Visitor } from '../visitor.ts'

/** A state of a page, with the steps that reach it. */
export interface PageState {
  readonly path: string
  /** Words for what a picture of it shows. */
  readonly shows: string
  /** Runs before the page is opened. */
  readonly prepare?: (visitor: Visitor) => Promise<void>
  /** Runs after the page is opened; resolves when the state is reached. */
  readonly reach: (page: Page, visitor: Visitor) => Promise<unknown>
  /** Waits until the page shows the state again, which a retry of the page leaves for a moment. */
  readonly settle?: (page: Page) => Promise<unknown>
  /** Delay before a picture, so that charts have data. */
  readonly pictureAfterMs?: number
  /** True when it is about what lies over the page, so that a picture has the window alone. */
  readonly isOverlay?: boolean
  /** Narrowest and widest window that has the state, in pixels. */
  readonly widthMin?: number
  readonly widthMax?: number
  /** True for a page whose markup is that of another program. */
  readonly isForeign?: boolean
}

export type PageStates = Readonly<Record<string, PageState>>

/** Widest window of the layout for phones, in pixels. */
export const phoneWidthMax = 639

export const matrix = '/movies/the-matrix-1999'
const services = /^http:\/\/[^/]+(\/services\/\w+)?\/[\w.]+\.v1(alpha)?\.\w+\/\w+/
export const ratingCalls = /\/services\/rating\//

export const heading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name }).waitFor()

export const firstMovie = (page: Page) =>
  page.getByRole('listitem').first().getByRole('link').waitFor()

/** Waits until the header says that the page is live, by a dot alone on a phone. */
export const live = (page: Page) =>
  page.getByRole('banner').getByText('Live', { exact: true }).waitFor({ state: 'attached' })

/** Rates a movie of a list by its key. */
export async function rateByKey(page: Page, index: number, value: number): Promise<void> {
  const card = page.locator('.card').nth(index)
  await card.getByRole('link').first().focus()
  await page.keyboard.press(String(value))
  await card.locator(`[data-own="${value}"]`).waitFor()
}

/** Holds every response while the page is open. */
export async function hold({ page }: Visitor): Promise<void> {
  await page.route(services, () => new Promise<never>(() => {}))
}

export const refuse = (calls: RegExp) => async (visitor: Visitor) => {
  visitor.expectProblems(calls)
  await visitor.page.route(calls, (route) => route.abort('connectionrefused'))
}

export async function goOffline(visitor: Visitor): Promise<void> {
  await live(visitor.page)
  visitor.expectProblems(/ERR_INTERNET_DISCONNECTED/, /ERR_NETWORK_CHANGED/)
  await visitor.context.setOffline(true)
}

/** Opens the menu of a phone; a wide window has none. */
export async function openMenu(page: Page): Promise<void> {
  const button = page.locator('.menu > summary')
  await page.locator('.brand').waitFor()
  if (await button.isVisible()) await button.click()
}

/** Rates a movie as any user. */
export async function putRating(
  page: Page,
  rating: { recordId: string; userId: string; value: number },
): Promise<void> {
  const url = '/services/rating/rating.v1.RatingService/PutRating'
  const response = await page.request.post(url, { data: { recordType: 'movie', ...rating } })
  if (!response.ok()) throw new Error(`not rated: ${await response.text()}`)
}
