import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import type { Page } from 'playwright-core'
import { previousListMs, typingMs } from '../../apps/web/list/movie-list.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { describePage, eventually, frames } from './describe-page.ts'
import { collectListRequests, listCalls, readListRequest } from './list-requests.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'

/** More movies than one page of the list has. */
const rated = await famousMovies(60)
const [best] = rated

describePage(
  'the list',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    test('the list shows the best rated movie first, each with its facts and rating', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await eventually(async () => {
        const names = rated.slice(0, 12).map(({ name }) => name)
        expect((await linkNames(page, 'Top rated')).slice(0, 12)).toEqual(names)
      })
      expect(await page.title()).toBe('Marquee')
      const [, second] = rated
      const card = page.getByRole('listitem').nth(1)
      const text = await card.textContent()
      expect(text).toContain(second?.title ?? '')
      expect(text).toContain(second?.director ?? '')
      expect(text).toContain(second?.name.slice(-4) ?? '')
      // 59 fives and a two.
      expect(text).toContain('5.0 of 5 from 60 ratings')
      await card.locator('.rate-open').hover({ force: true })
      const choices = card.getByRole('group', { name: `Rate ${second?.title}` }).getByRole('radio')
      expect(await choices.count()).toBe(10)
      await page.getByText(`${rated.length} movies`, { exact: true }).waitFor()
    })

    test('scrolling loads all rated movies, and its end leads to the others', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const requests = collectListRequests(page)
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      const last = page.getByRole('link', { name: rated.at(-1)?.name ?? '', exact: true })
      await scrollUntil(page, () => last.isVisible())
      await page.getByText("You've reached the end.").waitFor()
      const tokens = requests.map(({ pageToken }) => pageToken)
      expect(new Set(tokens).size).toBe(tokens.length)
      await page.getByRole('link', { name: 'Browse unrated' }).click()
      await page.getByRole('heading', { level: 1, name: 'Unrated movies' }).waitFor()
      await page.getByText('3,141 movies').waitFor()
    })

    test('the list renders only what is near the viewport, however far it is scrolled', async () => {
      await using visitor = await site().visit('/?sort=title')
      const { page } = visitor
      await page.getByRole('listitem').first().waitFor()
      const height = () => page.evaluate(() => document.documentElement.scrollHeight)
      const from = await height()
      await scrollUntil(page, async () => (await height()) > 5 * from)
      expect(await page.getByRole('listitem').count()).toBeLessThanOrEqual(120)
    })

    test('the compact list renders only the rows near the viewport, and keeps their places', async () => {
      await using visitor = await site().visit('/?sort=title&view=table')
      const { page } = visitor
      const rows = page.getByRole('row')
      await rows.nth(1).waitFor()
      const height = () => page.evaluate(() => document.documentElement.scrollHeight)
      await scrollUntil(page, async () => (await height()) > 20_000)
      await eventually(async () => expect(await rows.count()).toBeLessThanOrEqual(250))
      // In one step: while more rows load, another one becomes the last.
      const lastRow = page.locator('tr[aria-rowindex]').last()
      const { index, text } = await lastRow.evaluate((row) => ({
        index: row.getAttribute('aria-rowindex'),
        text: row.textContent,
      }))
      expect(Number(index)).toBeGreaterThan(400)
      const block = page.locator('tbody').nth(Math.floor((Number(index) - 2) / 48))
      const blockHeight = () => block.evaluate((body) => (body as HTMLElement).offsetHeight)
      const before = await blockHeight()
      await page.evaluate(() => scrollTo(0, 0))
      await page.locator('tr[aria-rowindex="2"]').waitFor()
      await eventually(async () => {
        expect(await page.locator(`tr[aria-rowindex="${index}"]`).count()).toBe(0)
      })
      expect(await blockHeight()).toBe(before)
      await block.scrollIntoViewIfNeeded()
      const again = page.locator(`tr[aria-rowindex="${index}"]`)
      await eventually(async () => expect(await again.textContent()).toBe(text))
    })

    test('the list by title begins at a letter, in both directions', async () => {
      await using visitor = await site().visit('/?sort=title')
      const { page } = visitor
      const letters = page.getByRole('navigation', { name: 'Titles from' })
      await letters.getByRole('link', { name: 'M', exact: true }).click()
      const first = async (region: string) => (await linkNames(page, region))[0]?.[0]
      await eventually(async () => expect(await first('Title A–Z')).toBe('M'))
      expect(new URL(page.url()).search).toBe('?sort=title&from=M')
      expect(await letters.locator('[aria-current]').allTextContents()).toEqual(['M'])
      await page.getByRole('button', { name: /^Direction: Title A–Z/ }).click()
      await eventually(async () => expect(await first('Title Z–A')).toBe('M'))
      expect(await letters.getByRole('link').first().textContent()).toBe('Z')
      await page.getByLabel('Sort').selectOption('Sort: Newest')
      await eventually(async () => expect(await letters.count()).toBe(0))
      expect(new URL(page.url()).search).toBe('?sort=year')
    })

    test('typing finds a movie with one request when the typing pauses', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      const requests = collectListRequests(page)
      await page.clock.install()
      await page.clock.pauseAt(new Date(Date.now() + 1_000))
      await page.getByRole('searchbox').focus()
      for (const letter of 'kubrick') {
        await page.keyboard.press(letter)
        // Long enough to render, and shorter than a pause.
        await page.clock.runFor(typingMs / 2)
      }
      expect(requests).toEqual([])
      await page.clock.runFor(typingMs)
      await page.clock.resume()
      const found = page.getByRole('link', { name: 'The Shining, 1980' })
      await found.waitFor()
      expect(requests.map(({ query }) => query)).toEqual(['kubrick'])
      await eventually(async () => {
        expect(await page.getByRole('status').allInnerTexts()).toContain('6 results for “kubrick”')
      })
      await page.getByRole('heading', { level: 1, name: '6 results for “kubrick”' }).waitFor()
      expect(new URL(page.url()).search).toBe('?q=kubrick')
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
    })

    test('a late response to an older search is dropped', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      const release = Promise.withResolvers<void>()
      const late = Promise.withResolvers<void>()
      await page.route(listCalls, async (route) => {
        if (readListRequest(route.request()).query !== 'kubrick') return route.continue()
        const response = await route.fetch()
        late.resolve()
        await release.promise
        // The page may have canceled the request.
        await route.fulfill({ response }).catch(() => {})
      })
      const search = page.getByRole('searchbox')
      await search.fill('kubrick')
      await late.promise
      await search.fill('tarantino')
      const found = page.getByRole('link', { name: 'Pulp Fiction, 1994' })
      await found.waitFor()
      release.resolve()
      // A late response would be rendered within a frame or two.
      await frames(page, 5)
      expect(await found.isVisible()).toBe(true)
      expect(await page.getByRole('link', { name: 'The Shining, 1980' }).count()).toBe(0)
    })

    test('a search without results says so, and suggests other lists', async () => {
      await using visitor = await site().visit('/?q=zzzz&genre=Horror')
      const { page } = visitor
      await page.getByText('No movie matches zzzz with these filters.').waitFor()
      expect(await page.getByRole('searchbox').inputValue()).toBe('zzzz')
      await page.getByRole('link', { name: 'Clear filters' }).click()
      await page.getByText('No movie matches zzzz.').waitFor()
      await page.getByRole('main').getByRole('link', { name: 'Top rated' }).click()
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      expect(await page.getByRole('searchbox').inputValue()).toBe('')
    })

    test('a misspelt search says so and offers the title that it found', async () => {
      await using visitor = await site().visit('/?q=matirx')
      const { page } = visitor
      await page.getByText('No exact match. Did you mean').waitFor()
      await page.getByRole('link', { name: /^“The Matrix/ }).click()
      await page.getByRole('heading', { level: 1, name: /results? for “The Matrix/ }).waitFor()
      expect(await page.getByText('No exact match.').count()).toBe(0)
    })

    test('filters and order are in the URL, fit every card, and stay after a reload', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      await page.getByLabel('Sort').selectOption('Sort: Newest')
      await page.getByRole('button', { name: 'Genre' }).click()
      await page.getByRole('checkbox', { name: /^Horror/ }).check()
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Decade' }).click()
      const decade = page.getByRole('checkbox', { name: /^1980s/ })
      const [, offered] = /(\d+)$/.exec((await decade.locator('..').textContent()) ?? '') ?? []
      await decade.check()
      await page.keyboard.press('Escape')
      const path = '/?genre=Horror&decade=1980&sort=year'
      expect(page.url().endsWith(path)).toBe(true)
      const client = createClient(
        MovieService,
        createConnectTransport({ baseUrl: site().services.urls.movie }),
      )
      const filter = '"Horror" in genres && year >= 1980 && year < 1990'
      const { totalSize, movies } = await client.listMovies({ filter, orderBy: 'year desc' })
      expect(Number(offered)).toBe(totalSize)
      const expected = movies.slice(0, 12).map(({ metadata }) => nameOf(metadata))
      for (const open of [async () => {}, () => page.reload(), () => page.goto(path)]) {
        await open()
        await page.getByText(`${totalSize} movies`, { exact: true }).waitFor()
        await eventually(async () => {
          expect((await linkNames(page, 'Newest')).slice(0, 12)).toEqual(expected)
        })
      }
      await page.getByRole('button', { name: /^Direction: Newest/ }).click()
      await page.getByRole('region', { name: 'Oldest' }).waitFor()
      await page.goBack()
      await page.getByRole('region', { name: 'Newest' }).waitFor()
      await page.getByRole('link', { name: 'Remove the filter 1980s' }).click()
      expect(page.url().endsWith('/?genre=Horror&sort=year')).toBe(true)
      await page.getByRole('link', { name: 'Clear', exact: true }).click()
      expect(page.url().endsWith('/?sort=year')).toBe(true)
    })

    test('each genre has the number of its movies, whichever genres are chosen', async () => {
      await using visitor = await site().visit('/?genre=Drama&genre=War&sort=year')
      const { page } = visitor
      const client = createClient(
        MovieService,
        createConnectTransport({ baseUrl: site().services.urls.movie }),
      )
      await page.getByRole('button', { name: 'Genre (2)' }).click()
      for (const genre of ['Drama', 'Horror']) {
        const { totalSize } = await client.listMovies({ filter: `"${genre}" in genres` })
        const box = page.getByRole('checkbox', { name: `${genre} ${totalSize}`, exact: true })
        await box.waitFor()
        expect(await box.isChecked()).toBe(genre === 'Drama')
      }
    })

    test('removing a filter moves the focus to the next one, and at last to the order', async () => {
      await using visitor = await site().visit('/?genre=Drama&genre=Crime&decade=1990')
      const { page } = visitor
      const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
      await page.getByRole('link', { name: 'Remove the filter Crime' }).focus()
      for (const next of ['Remove the filter 1990s', 'Remove the filter Drama', 'Sort']) {
        await page.keyboard.press('Enter')
        await eventually(async () => expect(await focused()).toBe(next))
      }
      expect(new URL(page.url()).search).toBe('')
    })

    test('a lowest rating that the menu does not offer is in it while it is chosen', async () => {
      await using visitor = await site().visit('/?min=2')
      const menu = visitor.page.getByLabel('Lowest rating')
      expect(await menu.locator('option:checked').textContent()).toBe('Rating ≥ 2')
      await menu.selectOption('Rating ≥ 4')
      expect(await menu.locator('option').allTextContents()).not.toContain('Rating ≥ 2')
    })

    test('another order is shown from its start', async () => {
      await using visitor = await site().visit('/?sort=title')
      const { page } = visitor
      await page.getByRole('listitem').first().waitFor()
      const scrolled = () => page.evaluate(() => scrollY)
      await scrollUntil(page, async () => (await scrolled()) > 1_500)
      await page.getByLabel('Sort').selectOption('Sort: Newest')
      await page.getByRole('region', { name: 'Newest' }).waitFor()
      expect(await scrolled()).toBe(0)
    })

    test('a movie that the person has rated can be left out', async () => {
      await using visitor = await site().visit('/?sort=imdb')
      const { page } = visitor
      const card = page.getByRole('listitem').first()
      const name = await card.locator('.card-link .visually-hidden').textContent()
      await card.getByRole('link').focus()
      await page.keyboard.press('4')
      await card.getByRole('button', { name: /^You: / }).waitFor()
      await page.getByRole('checkbox', { name: 'Hide rated by me', exact: true }).check()
      await eventually(async () => {
        const names = await linkNames(page, 'IMDb votes')
        expect(names.length).toBeGreaterThan(10)
        expect(names).not.toContain(name ?? '')
      })
    })

    test('the compact list is a table with the same order, which its headers change', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      await page.getByRole('link', { name: 'Compact' }).click()
      const table = page.getByRole('table')
      const first = table.getByRole('row').nth(1)
      await first.getByRole('link', { name: best?.title ?? '' }).waitFor()
      expect(await first.textContent()).toContain('★ 5.0')
      const header = table.getByRole('columnheader', { name: 'Rating', exact: true })
      expect(await header.getAttribute('aria-sort')).toBe('descending')
      await table.getByRole('link', { name: 'Title', exact: true }).click()
      const byTitle = table.getByRole('columnheader', { name: 'Title' })
      await eventually(async () => {
        expect(await byTitle.getAttribute('aria-sort')).toBe('ascending')
      })
    })

    test('the top list keeps its order until somebody asks for the new one', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const second = rated[1]
      await page.getByText('Live', { exact: true }).waitFor()
      const fans = Array.from({ length: 400 }, (_, n) => `fan-${n}`)
      await site().others.rateMany(
        fans.map((userId) => ({ recordId: second?.id ?? '', userId, value: 5 })),
      )
      const update = page.getByRole('button', { name: 'Order changed · Update' })
      await update.waitFor()
      expect((await linkNames(page, 'Top rated'))[0]).toBe(best?.name ?? '')
      await eventually(async () => {
        if ((await update.count()) > 0) await update.click()
        expect((await linkNames(page, 'Top rated'))[0]).toBe(second?.name ?? '')
      })
    })

    test.each([
      ['no-preference', 3],
      ['reduce', 4],
    ] as const)(
      'a new order moves the cards, unless motion is reduced: %s',
      async (reducedMotion, index) => {
        await using visitor = await site().visit('about:blank', { reducedMotion })
        const { page } = visitor
        await page.addInitScript(collectMoves)
        await page.goto('/')
        await page.getByText('Live', { exact: true }).waitFor()
        const { id = '', name = '' } = rated[index] ?? {}
        const fans = Array.from({ length: 400 * index }, (_, n) => `fan-${n}`)
        await site().others.rateMany(fans.map((userId) => ({ recordId: id, userId, value: 5 })))
        const update = page.getByRole('button', { name: 'Order changed · Update' })
        await update.waitFor()
        expect(await page.evaluate(() => movedCards)).toEqual([])
        await eventually(async () => {
          if ((await update.count()) > 0) await update.click()
          expect((await linkNames(page, 'Top rated'))[0]).toBe(name)
        })
        const moved = await page.evaluate(() => movedCards)
        if (reducedMotion === 'reduce') expect(moved).toEqual([])
        else expect(moved).toContain(`/movies/${id}`)
      },
    )

    test('a list that fails to load says so and is retried automatically', async () => {
      await using visitor = await site().visit('/system')
      const { page } = visitor
      visitor.expectProblems(/ListMovies/)
      const retried = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      let hasFailed = false
      await page.route(listCalls, async (route) => {
        if (!hasFailed) return route.abort('connectionrefused')
        retried.resolve()
        await release.promise
        await route.continue()
      })
      await page.getByRole('link', { name: 'Movies', exact: true }).click()
      const message = page.getByText("Couldn't load movies")
      await message.waitFor()
      hasFailed = true
      await retried.promise
      expect(await message.isVisible()).toBe(true)
      release.resolve()
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
    })

    test('a search that fails shows no movies of the list before it', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      await page.getByRole('link', { name: best?.name ?? '' }).waitFor()
      visitor.expectProblems(/ListMovies/)
      await page.route(listCalls, (route) => route.abort('connectionrefused'))
      await page.getByRole('searchbox').fill('kubrick')
      await page.getByText("Couldn't load movies").waitFor()
      await page.getByRole('heading', { level: 1, name: 'Search for “kubrick”' }).waitFor()
      expect(await page.locator('.card').count()).toBe(0)
      expect(await page.locator('.toolbar-count').textContent()).toBe('')
      await page.unroute(listCalls)
      await page.getByRole('link', { name: 'The Shining, 1980' }).waitFor()
    })

    test('a search without a response replaces the list before it after a second', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const previous = page.getByRole('link', { name: best?.name ?? '' })
      await previous.waitFor()
      await page.clock.install()
      await page.clock.pauseAt(new Date(Date.now() + 1_000))
      const requested = Promise.withResolvers<void>()
      await page.route(listCalls, () => {
        requested.resolve()
        return new Promise<never>(() => {})
      })
      await page.getByRole('searchbox').fill('kubrick')
      // The page draws before it begins to wait for a pause.
      await page.clock.runFor(2 * typingMs)
      await requested.promise
      await page.getByRole('heading', { level: 1, name: 'Search for “kubrick”' }).waitFor()
      expect(await previous.isVisible()).toBe(true)
      expect(await page.locator('.list').getAttribute('data-previous')).toBe('')
      expect(await page.locator('.toolbar-count').textContent()).toBe('')
      await page.clock.runFor(previousListMs)
      await previous.waitFor({ state: 'detached' })
      await page.locator('.ghost-poster').first().waitFor()
    })
  },
)

describePage('the list without ratings', { start: startServices }, (site) => {
  test('a list without ratings invites to rate and shows the catalogue', async () => {
    await using visitor = await site().visit('/')
    const { page } = visitor
    await page.getByText('No ratings yet.').waitFor()
    const chip = page.getByText('Sorted by IMDb until there are ratings')
    await chip.waitFor()
    expect(await page.getByRole('listitem').count()).toBeGreaterThan(10)
    expect(await page.getByRole('listitem').first().textContent()).toContain('Not rated yet')
    const [famous] = await linkNames(page, 'Popular movies')
    expect(famous).toBe('The Shawshank Redemption, 1994')
    await page.getByRole('button', { name: 'Genre' }).click()
    await page.getByRole('checkbox', { name: /^Drama/ }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Compact' }).click()
    await page.getByRole('table').waitFor()
    expect(await chip.isVisible()).toBe(true)
  })
})

declare const movedCards: readonly string[]

/** Runs in the browser: collects the paths of the cards that are moved. */
function collectMoves(): void {
  const moved: string[] = []
  Object.assign(globalThis, { movedCards: moved })
  const { animate } = Element.prototype
  Element.prototype.animate = function (frames, options) {
    const isMove = typeof options === 'object' && options.id === 'move'
    if (isMove) moved.push(this.querySelector('a')?.getAttribute('href') ?? '')
    return animate.call(this, frames, options)
  }
}

function nameOf(movie: { title: string; year?: number } | undefined): string {
  return movie?.year ? `${movie.title}, ${movie.year}` : (movie?.title ?? '')
}

function linkNames(page: Page, region: string): Promise<string[]> {
  const links = page.getByRole('region', { name: region }).getByRole('link')
  return links.evaluateAll((all) =>
    all.map((link) => link.querySelector('.visually-hidden')?.textContent ?? ''),
  )
}

/** Scrolls by the wheel, as a person does, until the condition holds. */
async function scrollUntil(page: Page, isReached: () => Promise<boolean>): Promise<void> {
  await page.mouse.move(700, 500)
  await eventually(async () => {
    if (await isReached()) return
    await page.mouse.wheel(0, 700)
    throw new Error('not reached yet: scrolled further')
  })
}
