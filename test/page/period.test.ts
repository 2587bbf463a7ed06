import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, type KnownMovie, type NewRating } from './ratings.ts'
import { startServices } from './services.ts'

const dayMs = 86_400_000
const [recent, older, old] = (await famousMovies(3)) as [KnownMovie, KnownMovie, KnownMovie]

/** Ratings of a movie some days ago, by as many people as there are values. */
function rated(recordId: string, days: number, values: readonly number[]): NewRating[] {
  const ratedTimeMs = Date.now() - days * dayMs
  return values.map((value, n) => ({ recordId, userId: `other-${n}`, value, ratedTimeMs }))
}

describePage(
  'the top of a week and of a month',
  {
    start: startServices,
    fill: ({ others }) =>
      others.rateMany([
        ...rated(recent.id, 1, [3, 2]),
        ...rated(older.id, 20, [5, 5]),
        ...rated(old.id, 90, [5, 5, 5]),
      ]),
  },
  (site) => {
    test('the menu leads to the movies that were rated this week, and this month', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await eventually(async () => expect(await names(page, 'Top rated')).toHaveLength(3))
      const menu = page.getByRole('combobox', { name: 'Sort' })
      await menu.selectOption('Sort: Top this week')
      await page.getByRole('heading', { level: 1, name: 'Top this week' }).waitFor()
      await eventually(async () =>
        expect(await names(page, 'Top this week')).toEqual([recent.name]),
      )
      expect(new URL(page.url()).search).toBe('?period=week')
      expect(await page.getByRole('listitem').first().textContent()).toContain(
        '2.5 from 2 ratings this week',
      )
      await menu.selectOption('Sort: Top this month')
      await eventually(async () => {
        expect(await names(page, 'Top this month')).toEqual([older.name, recent.name])
      })
      await page.getByText('2 movies', { exact: true }).waitFor()
      await page.goBack()
      await page.getByRole('heading', { level: 1, name: 'Top this week' }).waitFor()
    })

    test('the table of a period has the ratings of the period', async () => {
      await using visitor = await site().visit('/?period=month&view=table')
      const row = visitor.page.getByRole('row').filter({ hasText: recent.title })
      await eventually(async () => expect(await row.textContent()).toContain('★ 2.5'))
      expect(await visitor.page.getByRole('row').count()).toBe(3)
    })

    test('a search and a filter look among the movies of the period', async () => {
      const title = encodeURIComponent(older.title)
      await using visitor = await site().visit(`/?q=${title}&sort=top&period=month`)
      const { page } = visitor
      await eventually(async () => expect(await names(page, 'Results')).toEqual([older.name]))
      await page.goto(`/?q=${title}&sort=top&period=week`)
      await page.getByText(`No movie matches ${older.title} and was rated this week.`).waitFor()
      await page.goto('/?period=week&decade=1930')
      await page.getByText('No movie with these filters was rated this week.').waitFor()
    })
  },
)

describePage(
  'a week without ratings',
  {
    start: startServices,
    fill: ({ others }) => others.rateMany(rated(older.id, 20, [5])),
  },
  (site) => {
    test('the list says that nobody has rated this week, and leads to the month', async () => {
      await using visitor = await site().visit('/?period=week')
      const { page } = visitor
      await page.getByText('No ratings this week.').waitFor()
      expect(await page.getByText('Sorted by IMDb').count()).toBe(0)
      await page.getByRole('main').getByRole('link', { name: 'Top this month' }).click()
      await eventually(async () =>
        expect(await names(page, 'Top this month')).toEqual([older.name]),
      )
    })
  },
)

/** One more than the rating service ranks. */
const tooManyRecords = 200_001

describePage(
  'a month in which too many records were rated',
  {
    start: startServices,
    fill: ({ others }) =>
      others.rateMany([
        ...rated(recent.id, 1, [3, 2]),
        ...Array.from({ length: tooManyRecords }, (_, n) => rated(`record-${n}`, 2, [4])).flat(),
      ]),
  },
  (site) => {
    test('the list says why there is none, and leads to that of all time', async () => {
      await using visitor = await site().visit('/?period=month&genre=Action')
      visitor.expectProblems(/ListMovies/)
      const { page } = visitor
      await page.getByText('There is no list of this month').waitFor()
      await page.getByText('Too many movies were rated in the last 30 days').waitFor()
      expect(await page.getByText('Retrying').count()).toBe(0)
      await page.getByRole('button', { name: 'Decade' }).click()
      await page.getByRole('group', { name: 'Decade' }).getByText('Too many movies').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: 'Top rated of all time' }).click()
      await page.getByRole('heading', { level: 1, name: 'Top rated' }).waitFor()
      expect(new URL(page.url()).search).toBe('?genre=Action')
    })
  },
)

function names(page: Page, region: string): Promise<string[]> {
  const links = page.getByRole('region', { name: region }).getByRole('link')
  return links.evaluateAll((all) =>
    all.map((link) => link.querySelector('.visually-hidden')?.textContent ?? ''),
  )
}
