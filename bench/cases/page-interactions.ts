import type { Locator, Page } from 'playwright-core'
import type { KnownMovie } from '../../test/page/ratings.ts'
import { collectInteractions, type Interactions, takeInteractions } from './page-probes.ts'

/** Time for the frame after an interaction to be reported. */
const settleMs = 500
/** Pause between two keys. */
const keyMs = 80

/** A person holds a button for a moment. */
const press = { delay: 60 }

/** Something that a person does on the page, and what they see then. */
interface Step {
  readonly name: string
  readonly act: (page: Page) => Promise<void>
  readonly untilSeen: (page: Page) => Promise<void>
}

/** The slowest interaction of a step. */
export interface StepTime {
  readonly name: string
  readonly durationMs: number
}

/**
 * Does what people do on all pages, in one visit that begins at the list, and returns the slowest
 * interaction of each step. It is the time from a click or key to the next frame
 * (https://web.dev/articles/inp).
 * @param movies Rated movies of the list.
 */
export async function timeInteractions(
  page: Page,
  movies: readonly KnownMovie[],
): Promise<StepTime[]> {
  await page.addInitScript(collectInteractions)
  await page.goto('/')
  await page.getByText('Live', { exact: true }).waitFor()
  await Bun.sleep(settleMs)
  const times: StepTime[] = []
  for (const { name, act, untilSeen } of stepsOf(movies)) {
    await page.evaluate(takeInteractions)
    await act(page)
    await untilSeen(page)
    await Bun.sleep(settleMs)
    const { count, longestMs }: Interactions = await page.evaluate(takeInteractions)
    if (count === 0) throw new Error(`the browser has counted no interaction: ${name}`)
    times.push({ name, durationMs: longestMs })
  }
  return times
}

function stepsOf([first, second]: readonly KnownMovie[]): Step[] {
  return [...listSteps(first?.name ?? '', second?.title ?? ''), ...systemSteps, ...trySteps]
}

function listSteps(firstName: string, secondTitle: string): Step[] {
  const heading = (name: string | RegExp) => (page: Page) =>
    page.getByRole('heading', { level: 1, name }).waitFor()
  const toast = (page: Page) => page.getByRole('button', { name: 'Undo' }).last().waitFor()
  return [
    step('type a search', typeSearch, heading(/results? for “godfather”/)),
    step('clear the search', clickButton('Clear the search'), heading('Top rated')),
    step('open a filter', clickButton('Genre'), (page) =>
      page.locator('.facet-count').first().waitFor(),
    ),
    step(
      'choose a filter',
      (page) => page.locator('.facet', { hasText: 'Drama' }).click(press),
      (page) => page.getByRole('button', { name: 'Genre (1)' }).waitFor(),
    ),
    step('clear the filters', clearFilters, (page) =>
      page.getByRole('link', { name: firstName }).waitFor(),
    ),
    step('rate by key', (page) => page.getByRole('link', { name: firstName }).press('4'), toast),
    step('rate by star', (page) => rateByStar(page, secondTitle), toast),
    step('switch to the compact list', clickLink('Compact'), (page) =>
      page.getByRole('row').nth(1).waitFor(),
    ),
    step('switch to posters', clickLink('Posters'), (page) =>
      page.getByRole('link', { name: firstName }).waitFor(),
    ),
    step(
      'open a movie',
      (page) => page.getByRole('link', { name: firstName }).click(press),
      (page) => page.getByRole('heading', { name: 'Your rating' }).waitFor(),
    ),
    step('go back to the list', clickLink(/^Top rated/), heading('Top rated')),
  ]
}

const systemSteps: readonly Step[] = [
  step('open the system page', clickLink('System'), (page) => firstMethod(page).waitFor()),
  step(
    'open a method of the system',
    (page) => firstMethod(page).click(press),
    (page) => page.getByRole('dialog').waitFor(),
  ),
  step(
    'close the method',
    (page) => page.keyboard.press('Escape'),
    (page) => page.getByRole('dialog').waitFor({ state: 'detached' }),
  ),
]

const trySteps: readonly Step[] = [
  step('open the API explorer', clickLink('API'), (page) =>
    page.getByRole('link', { name: 'GetMovieDetails' }).waitFor(),
  ),
  step(
    'choose a method',
    (page) => page.getByRole('link', { name: 'GetMovieDetails' }).click(press),
    (page) => page.getByRole('combobox', { name: 'Example' }).waitFor(),
  ),
  step('send a request', clickButton(/^Send/), (page) =>
    page.locator('.status-code[data-code="ok"]').waitFor(),
  ),
]

function firstMethod(page: Page): Locator {
  return page.getByRole('table', { name: 'Methods' }).locator('tbody').getByRole('button').first()
}

function step(name: string, act: Step['act'], untilSeen: Step['untilSeen']): Step {
  return { name, act, untilSeen }
}

function clickButton(name: string | RegExp): Step['act'] {
  return (page) => page.getByRole('button', { name }).first().click(press)
}

function clickLink(name: string | RegExp): Step['act'] {
  return (page) => page.getByRole('link', { name }).first().click(press)
}

async function typeSearch(page: Page): Promise<void> {
  await page.getByRole('searchbox').click(press)
  await page.keyboard.type('godfather', { delay: keyMs })
}

/** The menu closes by the first key. */
async function clearFilters(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Clear', exact: true }).click(press)
}

async function rateByStar(page: Page, title: string): Promise<void> {
  const card = page.getByRole('listitem').filter({ hasText: title })
  // The stars take the place of the button.
  await card.locator('.rate-open').hover({ force: true })
  await card.getByRole('radio', { name: /^4 of 5/ }).click(press)
}
