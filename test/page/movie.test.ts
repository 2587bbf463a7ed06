import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, type KnownMovie, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'
import { field } from './try-form.ts'

const rated = await famousMovies(20)
const matrix = rated.find(({ id }) => id === 'the-matrix-1999') as KnownMovie
const [watched, clicked, typed, halved] = rated as [KnownMovie, KnownMovie, KnownMovie, KnownMovie]
const path = ({ id }: KnownMovie) => `/movies/${id}`

describePage(
  'the page of a movie',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test('a movie opens from the list, and Back returns to its place and its link in the list', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const last = page.getByRole('link', { name: rated.at(-1)?.name ?? '' })
      await last.scrollIntoViewIfNeeded()
      const scrolled = await page.evaluate(() => scrollY)
      expect(scrolled).toBeGreaterThan(0)
      await last.click()
      await heading(page, rated.at(-1)?.title ?? '').waitFor()
      expect(new URL(page.url()).pathname).toBe(`/movies/${rated.at(-1)?.id}`)
      expect(await page.title()).toBe(
        `${rated.at(-1)?.name.replace(/, (\d+)$/, ' ($1)')} · Marquee`,
      )
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
      await page.goBack()
      await last.waitFor()
      await eventually(async () => expect(await page.evaluate(() => scrollY)).toBe(scrolled))
      await eventually(async () => {
        expect(await last.evaluate((link) => link === document.activeElement)).toBe(true)
      })
      await page.goForward()
      await heading(page, rated.at(-1)?.title ?? '').waitFor()
      await page.getByRole('link', { name: `Top rated (no. ${rated.length})` }).click()
      await last.waitFor()
    })

    test('a movie opens by its URL and shows the facts of the catalogue', async () => {
      await using visitor = await site().visit(path(matrix))
      const { page, context } = visitor
      await heading(page, 'The Matrix').waitFor()
      const text = (await page.getByRole('main').textContent()) ?? ''
      for (const known of ['1999', '2 h 16 min · Action · directed by Andy Wachowski']) {
        expect(text).toContain(known)
      }
      const details = page.getByRole('region', { name: 'Details' })
      const rows = (await details.locator('.detail').allInnerTexts()).map((row) =>
        row.split('\n', 2),
      )
      expect(rows).toEqual([
        ['Released', 'March 31, 1999'],
        ['IMDb', '8.7/10 (381K votes, 2010 snapshot)'],
        ['Id', expect.stringContaining('the-matrix-1999')],
        ['Source', expect.stringContaining('vega-datasets')],
        ['Last updated', expect.stringMatching(/^\w+ \d+, 20\d\d at \d+:\d\d/)],
      ])
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await details.getByRole('button', { name: 'Copy the id' }).click()
      await details.getByRole('button', { name: 'Copied the id' }).waitFor()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(matrix.id)
    })

    test('a movie can be shared by a link, and by the menu of a phone', async () => {
      await using visitor = await site().visit(path(matrix))
      const { page, context } = visitor
      const link = site().services.urls.movie + path(matrix)
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await page.getByRole('button', { name: 'Copy link' }).click()
      await page.getByRole('button', { name: 'Copied', exact: true }).waitFor()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link)
      await using phone = await site().visit('about:blank', { width: 390, touch: true })
      await phone.page.addInitScript(() => {
        const share = async ({ url }: ShareData) => void Object.assign(globalThis, { shared: url })
        Object.defineProperty(navigator, 'share', { value: share })
      })
      await phone.page.goto(path(matrix))
      await phone.page.getByRole('button', { name: 'Copy link' }).tap()
      await eventually(async () => {
        expect(await phone.page.evaluate('globalThis.shared')).toBe(link)
      })
    })

    test('the request of a movie opens in the API explorer', async () => {
      await using visitor = await site().visit(path(watched))
      const { page } = visitor
      await page.getByRole('link', { name: 'API request of this movie' }).click()
      await page.getByRole('heading', { level: 2, name: 'GetMovieDetails' }).waitFor()
      await eventually(async () => {
        expect(await field(page, 'movie_id').inputValue()).toBe(watched.id)
      })
      const { pathname, hash } = new URL(page.url())
      expect([pathname, hash]).toEqual(['/try/movie.v1.MovieService/GetMovieDetails', ''])
      await page.goBack()
      await heading(page, watched.title).waitFor()
    })

    test('a movie of the top list has its rank there', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: rated[2]?.name ?? '', exact: true }).click()
      await heading(page, rated[2]?.title ?? '').waitFor()
      await page.getByText('No. 3 of the top rated movies', { exact: true }).waitFor()
      await page.reload()
      await heading(page, rated[2]?.title ?? '').waitFor()
      expect(await page.getByText('of the top rated movies').count()).toBe(0)
    })

    test('a movie shows mean, count, histogram, and how they change while it is open', async () => {
      await using ada = await site().visit(path(watched))
      await using bob = await site().visit(path(watched))
      const pages = [ada.page, bob.page]
      for (const page of pages) {
        await expectWords(page, words(100, 20))
        expect(await page.getByRole('button', { name: 'Live rating' }).count()).toBe(0)
      }
      for (const value of [1, 2, 3, 3.5]) {
        await site().others.rate(watched.id, `live-${value}`, value)
      }
      for (const page of pages) {
        await expectWords(page, words(109.5, 24))
        const rows = page.getByRole('list', { name: 'Ratings by score' })
        expect((await rows.ariaSnapshot()).match(/(?<=listitem: ).*/g)).toEqual([
          '5 20 83%',
          '4.5 0 0%',
          '4 0 0%',
          '3.5 1 4%',
          '3 1 4%',
          '2.5 0 0%',
          '2 1 4%',
          '1.5 0 0%',
          '1 1 4%',
          '0.5 0 0%',
        ])
        const sparkline = page.getByRole('button', { name: 'Live rating' })
        await sparkline.click()
        const dialog = page.getByRole('dialog', { name: 'Live rating' })
        await dialog.getByRole('img', { name: /Mean of the ratings over time/ }).waitFor()
        const change = '4 new ratings: the mean went from 5.00 to 4.56.'
        await dialog.getByText(change, { exact: true }).waitFor()
        await dialog.locator('canvas').nth(1).waitFor()
        // The mean is drawn above, and the new ratings below.
        for (const [index, name] of ['mean', 'bars'].entries()) {
          const canvas = dialog.locator('canvas').nth(index)
          await eventually(async () => expect(await canvas.evaluate(isDrawn, name)).toBe(true))
        }
        await page.keyboard.press('Escape')
        await dialog.waitFor({ state: 'detached' })
        expect(await sparkline.evaluate((one) => one === document.activeElement)).toBe(true)
      }
    })

    test('in forced colours, the stars and the bar of the own rating are selected', async () => {
      await using visitor = await site().visit(path(matrix))
      const { page } = visitor
      await heading(page, 'The Matrix').waitFor()
      await page.emulateMedia({ forcedColors: 'active' })
      await page.keyboard.press('4')
      const colour = (selector: string, property: 'backgroundColor' | 'fill') =>
        page
          .locator(selector)
          .first()
          .evaluate((element, name) => getComputedStyle(element)[name], property)
      const own = await colour('.spread-bar[data-own]', 'backgroundColor')
      expect(own).not.toBe(await colour('.spread-bar:not([data-own])', 'backgroundColor'))
      expect(await colour('.movie .star-fill', 'fill')).toBe(own)
    })

    test('a rating can be clicked, changed and removed, and every open page follows', async () => {
      await using ada = await site().visit(path(clicked))
      await using bob = await site().visit(path(clicked))
      const { page } = ada
      await expectWords(bob.page, words(97, 20))
      const own = page.getByRole('group', { name: 'Your rating' })
      await own.getByRole('radio', { name: /^1 of 5/ }).click()
      await expectWords(page, words(98, 21))
      await expectWords(bob.page, words(98, 21))
      await own.getByRole('radio', { name: /^5 of 5/ }).click()
      await expectWords(bob.page, words(102, 21))
      await page.reload()
      await eventually(async () => {
        expect(await own.getByRole('radio', { name: /^5 of 5/ }).isChecked()).toBe(true)
      })
      await own.getByRole('button', { name: 'Remove rating' }).click()
      await expectWords(page, words(97, 20))
      await expectWords(bob.page, words(97, 20))
    })

    test('half a star is rated by mouse and by keyboard, and is there after a reload', async () => {
      await using visitor = await site().visit(path(halved))
      const { page } = visitor
      await expectWords(page, words(91, 20))
      const own = page.getByRole('group', { name: 'Your rating' })
      const radio = (name: string) => own.getByRole('radio', { name, exact: true })
      await radio('3.5 of 5').click()
      await expectWords(page, words(94.5, 21))
      await page.reload()
      await eventually(async () => expect(await radio('3.5 of 5').isChecked()).toBe(true))
      await own.getByText('3.5 of 5').waitFor()
      await radio('3.5 of 5').focus()
      await page.keyboard.press('ArrowRight')
      await expectWords(page, words(95, 21))
      expect(await radio('4 of 5: Good').isChecked()).toBe(true)
      await page.keyboard.press('ArrowRight')
      await expectWords(page, words(95.5, 21))
      await page.reload()
      await eventually(async () => expect(await radio('4.5 of 5').isChecked()).toBe(true))
      await radio('4.5 of 5').click()
      await expectWords(page, words(91, 20))
      expect(await own.getByRole('radio', { checked: true }).count()).toBe(0)
    })

    test('one key rates a movie, and 0 removes the rating', async () => {
      await using visitor = await site().visit(path(typed))
      const { page } = visitor
      await expectWords(page, words(94, 20))
      await page.keyboard.press('1')
      await expectWords(page, words(95, 21))
      await page.keyboard.press('4')
      await expectWords(page, words(98, 21))
      await page.keyboard.press('0')
      await expectWords(page, words(94, 20))
    })

    test('director, genre and year lead to the movies that have them too', async () => {
      await using visitor = await site().visit(path(matrix))
      const { page } = visitor
      const main = page.getByRole('main')
      for (const [name, search] of [
        ['Andy Wachowski', '?director=Andy+Wachowski&sort=year'],
        ['Action', '?genre=Action'],
        ['1999', '?decade=1990&sort=year&dir=asc'],
      ] as const) {
        const link = main.getByRole('link', { name, exact: true })
        expect(await link.getAttribute('href')).toBe(`/${search}`)
      }
      await main.getByRole('link', { name: 'Andy Wachowski', exact: true }).click()
      await page.getByRole('heading', { level: 1, name: 'Movies by Andy Wachowski' }).waitFor()
      await page.getByRole('link', { name: matrix.name, exact: true }).waitFor()
    })

    test('a movie leads on to others by its director and of its genre', async () => {
      await using visitor = await site().visit(path(matrix))
      const { page } = visitor
      const more = page.getByRole('region', { name: 'More by Andy Wachowski' })
      await more.getByRole('link', { name: 'The Matrix Reloaded, 2003' }).waitFor()
      const like = page.getByRole('region', { name: 'More like this' })
      expect(await like.getByRole('listitem').count()).toBeGreaterThan(0)
      await more.getByRole('link', { name: 'The Matrix Reloaded, 2003' }).click()
      await heading(page, 'The Matrix Reloaded').waitFor()
      await page.goBack()
      await heading(page, 'The Matrix').waitFor()
      const followed = more.getByRole('link', { name: 'The Matrix Reloaded, 2003' })
      await eventually(async () => {
        expect(await followed.evaluate((link) => link === document.activeElement)).toBe(true)
      })
    })

    test('the arrow keys open the movies before and after it in the list', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: watched.name, exact: true }).waitFor()
      const names = await page
        .locator('.card-link .visually-hidden')
        .evaluateAll((all) => all.slice(0, 2).map((one) => one.textContent ?? ''))
      const titles = names.map((name) => name.replace(/, \d+$/, ''))
      await page.getByRole('link', { name: names[0] ?? '', exact: true }).click()
      await heading(page, titles[0] ?? '').waitFor()
      await page.keyboard.press('ArrowRight')
      await heading(page, titles[1] ?? '').waitFor()
      await page.keyboard.press('ArrowLeft')
      await heading(page, titles[0] ?? '').waitFor()
      await page.getByRole('link', { name: `Next: ${titles[1]}` }).click()
      await heading(page, titles[1] ?? '').waitFor()
      await page.getByRole('link', { name: `Previous: ${titles[0]}` }).click()
      await heading(page, titles[0] ?? '').waitFor()
      expect(await page.getByRole('link', { name: /^Previous: / }).count()).toBe(0)
      await page.goBack()
      await page.getByRole('heading', { level: 1, name: 'Top rated' }).waitFor()
    })

    test('the link to the list leads to the list that it names', async () => {
      await using visitor = await site().visit('/?director=Andy+Wachowski&sort=year')
      const { page } = visitor
      await page.getByRole('link', { name: matrix.name, exact: true }).click()
      await heading(page, 'The Matrix').waitFor()
      // Reached from another movie, so that it is not the page before.
      const more = page.getByRole('region', { name: 'More by Andy Wachowski' })
      await more.getByRole('link', { name: 'The Matrix Reloaded, 2003' }).click()
      await heading(page, 'The Matrix Reloaded').waitFor()
      await page.getByRole('link', { name: /^Newest \(no\. \d+\)$/ }).click()
      await page.getByRole('heading', { level: 1, name: 'Movies by Andy Wachowski' }).waitFor()
    })

    test('a movie without ratings says so', async () => {
      await using visitor = await site().visit('/movies/the-land-girls-1998')
      const { page } = visitor
      await heading(page, 'The Land Girls').waitFor()
      await expectWords(page, 'Not rated yet')
      // Its running time, genres and director are unknown.
      await page.getByText('Released June 12, 1998', { exact: true }).waitFor()
    })

    test('an unknown movie is not found', async () => {
      await using visitor = await site().visit('about:blank')
      const { page } = visitor
      // The document has status 404.
      visitor.expectProblems(/404/)
      await page.goto('/movies/no-such-movie')
      await page.getByRole('heading', { name: 'Movie not found' }).waitFor()
      await page.getByRole('link', { name: 'All movies', exact: true }).click()
      await page.getByRole('heading', { name: 'Top rated' }).waitFor()
    })
  },
)

/** Runs in the browser: whether the plot, without its axes, has pixels in the colour of a series. */
function isDrawn(canvas: Element, name: string): boolean {
  const { width, height } = canvas as HTMLCanvasElement
  const probe = canvas.closest('.plot')?.querySelector(`.plot-${name}`)
  const one = new OffscreenCanvas(1, 1).getContext('2d')
  const context = (canvas as HTMLCanvasElement).getContext('2d')
  if (!probe || !one || !context) return false
  one.fillStyle = getComputedStyle(probe).color
  one.fillRect(0, 0, 1, 1)
  const wanted = one.getImageData(0, 0, 1, 1).data.join()
  const { data } = context.getImageData(48, 0, width - 64, height - 32)
  return Array.from({ length: data.length / 4 }, (_, at) => data.slice(4 * at, 4 * at + 4)).some(
    (pixel) => pixel.join() === wanted,
  )
}

function heading(page: Page, title: string) {
  return page.getByRole('heading', { level: 1, name: title })
}

/** Text for screen readers on this many ratings. */
function words(sum: number, count: number): string {
  return `${(sum / count).toFixed(1)} of 5 from ${count} ratings`
}

async function expectWords(page: Page, text: string): Promise<void> {
  await page.getByText(text, { exact: true }).first().waitFor({ state: 'attached' })
}
