import { expect, test } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { appendEvents } from './events.ts'
import type { Services } from './services.ts'
import { startServicesApart } from './services-apart.ts'

const recordId = 'the-matrix-1999'
const poison = 'not JSON, says the test'
const operational = 'All systems operational · 3 of 3 up'
/** Time until an instance that does not respond is reported. */
const noticeTimeoutMs = 20_000
/** Time until there are two samples of 5 seconds. */
const samplesTimeoutMs = 30_000

describePage('the system page', { start: startServicesApart }, (site) => {
  async function open() {
    const visitor = await site().visit('/system')
    await visitor.page.getByText(operational).first().waitFor()
    return visitor
  }

  test('the system page shows each instance with its health and latency', async () => {
    await using visitor = await open()
    const { page } = visitor
    expect(await page.title()).toBe('System · Marquee')
    const { urls } = site().services
    const table = page.getByRole('table', { name: 'Instances' })
    for (const [service, url] of Object.entries(urls)) {
      const row = table.getByRole('row').filter({ hasText: `:${new URL(url).port}` })
      await eventually(async () => {
        const text = (await row.textContent()) ?? ''
        expect(text).toContain(service)
        expect(text).toContain('serving')
        expect(text).toMatch(/\d ms/)
      })
    }
  })

  test('methods have rates and percentiles, and a 404 is not in a warning colour', async () => {
    await using visitor = await open()
    const { page } = visitor
    await requestMissingRatings(site().services, 7)
    const row = methodRow(page, 'RatingService/GetRating')
    const code = row.getByRole('listitem').filter({ hasText: 'not_found' })
    await eventually(async () => expect(await code.textContent()).toBe('not_found 7'))
    expect(await colourOf(code)).toBe(await colourOf(row.getByRole('listitem').first()))
    expect(await code.getAttribute('data-fault')).toBe('false')
    await eventually(async () => {
      const [perSecond, p50, p95, p99] = await numbersOf(row)
      expect(perSecond).toMatch(/\d/)
      for (const duration of [p50, p95, p99]) expect(duration).toMatch(/^≤?[\d.]+ m?s$/)
    })
    await page.getByRole('img', { name: /^Requests per second, now: movie [\d.]+/ }).waitFor()
  })

  test('internal traffic is hidden until it is asked for', async () => {
    await using visitor = await open()
    const { page } = visitor
    const activity = page.getByRole('button', { name: 'ActivityService/GetActivity' })
    await requestMissingRatings(site().services, 1)
    await methodRow(page, 'RatingService/GetRating').waitFor()
    expect(await activity.count()).toBe(0)
    await page.getByLabel('Hide internal traffic').uncheck()
    await activity.first().waitFor()
  })

  test('a slow method is first when the table is sorted by p95', async () => {
    await using visitor = await open()
    const { page } = visitor
    await eventually(async () => {
      await putRatingSlowly(site().services, 400)
      await page.getByRole('searchbox', { name: 'Filter methods' }).fill('rating')
      const header = page.getByRole('columnheader', { name: 'p95' })
      if ((await header.getAttribute('aria-sort')) !== 'descending') {
        await header.getByRole('button').click()
      }
      const [, , p95 = ''] = await numbersOf(methodRow(page, 'RatingService/PutRating'))
      // All calls took longer than the bound of the bucket before, 250 ms.
      expect(milliseconds(p95)).toBeGreaterThanOrEqual(250)
      const all = await page.getByRole('table', { name: 'Methods' }).locator('tbody tr').all()
      const shown = await Promise.all(all.map(async (row) => (await numbersOf(row))[2] ?? ''))
      const known = shown.filter((text) => text !== '–').map(milliseconds)
      expect(known).toEqual(known.toSorted((a, b) => b - a))
    })
  }, 60_000)

  test('a method opens its last calls, and a call its parts in all services', async () => {
    await using visitor = await open()
    const { page } = visitor
    const { urls } = site().services
    const requestId = `parts-${crypto.randomUUID()}`
    const headers = { 'content-type': 'application/json', 'x-request-id': requestId }
    const url = `${urls.movie}/movie.v1.MovieService/GetMovieDetails`
    const body = JSON.stringify({ movieId: recordId })
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200)
    await page.getByRole('button', { name: 'MovieService/GetMovieDetails' }).first().click()
    const drawer = page.getByRole('dialog')
    await drawer.getByRole('button', { name: requestId }).click()
    const parts = drawer.getByRole('list', { name: 'Parts of the call' }).getByRole('listitem')
    await eventually(async () => {
      const texts = await parts.allTextContents()
      expect(texts.map((text) => text.split(' ')[0]).toSorted()).toEqual([
        ...['metadata', 'movie', 'rating'],
      ])
      expect(texts[0]).toContain('GetMovieDetails')
    })
    await drawer.getByRole('link', { name: 'Open in API explorer' }).waitFor()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
  })

  test('a click on a service filters the page, and Escape shows everything again', async () => {
    await using visitor = await open()
    const { page } = visitor
    const rows = page.getByRole('table', { name: 'Instances' }).locator('tbody tr')
    expect(await rows.count()).toBe(3)
    const node = page
      .getByRole('region', { name: 'Services' })
      .getByRole('button', { name: 'rating' })
    await node.click()
    await eventually(async () => expect(await rows.count()).toBe(1))
    expect(await node.getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('Escape')
    await eventually(async () => expect(await rows.count()).toBe(3))
  })

  test('the edges carry the calls of movie to the other services', async () => {
    await using visitor = await open()
    const { page } = visitor
    const { urls } = site().services
    await eventually(async () => {
      await (await fetch(`${urls.movie}/movie?id=${recordId}`)).arrayBuffer()
      const edges = await page
        .locator('.edge[data-flows="true"] text:not(:empty)')
        .allTextContents()
      expect(edges.filter((text) => /^(<0\.1|[\d.]+)\/s$/.test(text)).length).toBeGreaterThan(2)
      expect(edges.some((text) => /^p95 ≤?[\d.]+ m?s$/.test(text))).toBe(true)
    })
  })

  test('a page that is opened again has the history of the one before', async () => {
    await using visitor = await open()
    const { page } = visitor
    const spark = page
      .getByRole('listitem')
      .filter({ hasText: 'Requests per second' })
      .locator('path')
    const points = async () => ((await spark.getAttribute('d')) ?? '').split('L').length
    await eventually(async () => expect(await points()).toBeGreaterThan(1), samplesTimeoutMs)
    const before = await points()
    await page.reload()
    await page.getByText(operational).first().waitFor()
    await eventually(async () => expect(await points()).toBeGreaterThanOrEqual(before))
    // Movie has the history, so another browser has it, too.
    await using other = await open()
    const line = other.page.locator('.tile', { hasText: 'Requests per second' }).locator('path')
    await eventually(async () => {
      const shown = ((await line.getAttribute('d')) ?? '').split('L').length
      expect(shown).toBeGreaterThanOrEqual(before)
    })
  }, 60_000)

  test('the charts of the system page share one crosshair', async () => {
    await using visitor = await open()
    const { page } = visitor
    await page.locator('canvas').nth(2).waitFor()
    await page.locator('.chart .u-over').first().hover()
    const places = () =>
      page.locator('.chart .u-cursor-x').evaluateAll((all) =>
        all.map((one) => {
          const over = one.closest('.u-over')?.getBoundingClientRect()
          const share = (one.getBoundingClientRect().x - (over?.x ?? 0)) / (over?.width || 1)
          return share.toFixed(1)
        }),
      )
    await eventually(async () => expect(await places()).toEqual(['0.5', '0.5', '0.5']))
  })

  test('the system page shows ingest progress and dead letters, and opens one', async () => {
    await using visitor = await open()
    const { page } = visitor
    await page.getByText('No dead letters.').waitFor()
    await appendEvents(site().services, recordId, [
      ratingEvent('ada', 4),
      poison,
      ratingEvent('bob', 5),
    ])
    const letters = page.getByRole('region', { name: 'Dead letters' })
    const letter = letters.getByRole('button', { expanded: false }).filter({ hasText: recordId })
    await letter.waitFor()
    await letters.getByRole('button', { name: 'Copy replay command' }).waitFor()
    const partitions = page.getByRole('region', { name: 'Ingestion by partition' })
    await partitions.getByRole('listitem').filter({ hasText: 'at 3' }).waitFor()
    await page.getByRole('img', { name: 'Ingest lag (events), now: rating 0' }).waitFor()
    await letter.click()
    await letters.getByText(poison, { exact: true }).waitFor()
    await letters.getByText(/ratings, partition \d, offset 1/).waitFor()
    await letters.getByRole('button', { name: 'Hexadecimal' }).click()
    await letters.getByText(/6e 6f 74 20 4a 53 4f 4e/).waitFor()
  })

  test('dead letters that were loaded stay when another one comes', async () => {
    await appendEvents(site().services, recordId, Array(60).fill(poison))
    await using visitor = await open()
    const { page } = visitor
    const letters = page.getByRole('region', { name: 'Dead letters' })
    const rows = () => letters.getByRole('listitem').count()
    await letters.getByRole('button', { name: 'Show older' }).click()
    await eventually(async () => expect(await rows()).toBeGreaterThanOrEqual(40))
    const before = await rows()
    await appendEvents(site().services, recordId, [poison])
    await eventually(async () => expect(await rows()).toBeGreaterThan(before))
  })

  test('a service that is down is named, its data is marked as old, and it recovers', async () => {
    await using visitor = await open()
    const { page } = visitor
    visitor.expectProblems(/\/services\/rating\//)
    await site().services.killRating()
    const timeout = noticeTimeoutMs
    await page
      .getByText(/Degraded: rating is down \(connection refused\) for \d+\ss/)
      .waitFor({ timeout })
    // One outage is named once.
    expect(await page.getByRole('list', { name: 'Problems' }).count()).toBe(0)
    await page.getByText(/last seen \d+\ss ago/).waitFor()
    await page.getByText("Can't reach the rating service").waitFor()
    expect(await currentText(page)).not.toMatch(/running|lag 0|No dead letters/)
    expect(await page.locator('.edge[data-failing="true"]').count()).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.getByText('Only rating.').waitFor()
    await site().services.startRating()
    await page.getByText(operational).first().waitFor({ timeout })
    await page.getByText(/last seen/).waitFor({ state: 'detached' })
  }, 60_000)

  test('the system page says that its data is old while the stream is lost', async () => {
    await using visitor = await open()
    const { page } = visitor
    visitor.expectProblems(/ERR_INTERNET_DISCONNECTED/)
    await visitor.context.setOffline(true)
    await page.getByRole('main').getByText('Connection lost.').waitFor()
    expect(await currentText(page)).not.toMatch(/running|lag 0|operational/)
    await visitor.context.setOffline(false)
    await page.getByRole('main').getByText('Connection lost.').waitFor({ state: 'detached' })
  })

  test('nothing of the system page is wider than the window', async () => {
    await using visitor = await open()
    const { page } = visitor
    for (const width of [320, 390, 768, 1024, 1920]) {
      await page.setViewportSize({ width, height: 900 })
      await eventually(async () => {
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect(wide).toBeLessThanOrEqual(0)
      })
    }
  })

  test('with forced colours, the chosen service and time range can be seen', async () => {
    await using visitor = await open()
    const { page } = visitor
    await page.emulateMedia({ forcedColors: 'active' })
    const services = page.getByRole('region', { name: 'Services' })
    await services.getByRole('button', { name: 'rating' }).click()
    await page.getByRole('radio', { name: '15 min' }).check({ force: true })
    const background = (element: Locator) =>
      element.evaluate((one) => getComputedStyle(one).backgroundColor)
    const chosen = await background(services.getByRole('button', { pressed: true }))
    expect(await background(services.getByRole('button', { pressed: false }).first())).not.toBe(
      chosen,
    )
    expect(await background(page.getByText('15 min', { exact: true }))).toBe(chosen)
    expect(await background(page.getByText('2 min', { exact: true }))).not.toBe(chosen)
  })
})

function methodRow(page: Page, name: string): Locator {
  const rows = page.getByRole('table', { name: 'Methods' }).getByRole('row')
  return rows
    .filter({ has: page.getByRole('button', { name }) })
    .filter({ hasText: 'rating' })
    .last()
}

/** Texts of the cells with figures: requests per second, p50, p95, p99 and errors. */
function numbersOf(row: Locator): Promise<string[]> {
  return row.locator('td.number').allTextContents()
}

/** Reads "242 ms" or "1.2 s". */
function milliseconds(text: string): number {
  const [, value, unit] = /([\d.]+) (m?s)$/.exec(text) ?? []
  return Number(value) * (unit === 's' ? 1000 : 1)
}

function colourOf(element: Locator): Promise<string> {
  return element.evaluate((one) => getComputedStyle(one).color)
}

/** The text of the page without what is marked as old. */
function currentText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const body = document.body.cloneNode(true) as HTMLElement
    for (const old of body.querySelectorAll('[data-stale]')) old.remove()
    return body.textContent ?? ''
  })
}

/** Requests ratings that do not exist. */
async function requestMissingRatings({ urls }: Services, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const response = await fetch(`${urls.rating}/rating.v1.RatingService/GetRating`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ recordId, recordType: 'movie', userId: 'nobody' }),
    })
    expect(response.status).toBe(404)
  }
}

/** Puts a rating whose request arrives slowly, which is a part of the duration of the call. */
async function putRatingSlowly({ urls }: Services, durationMs: number): Promise<void> {
  const json = JSON.stringify({ recordId, recordType: 'movie', userId: 'slow', value: 4 })
  const encoder = new TextEncoder()
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode(json.slice(0, 5)))
      await Bun.sleep(durationMs)
      controller.enqueue(encoder.encode(json.slice(5)))
      controller.close()
    },
  })
  const response = await fetch(`${urls.rating}/rating.v1.RatingService/PutRating`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  expect(response.status).toBe(200)
}

function ratingEvent(userId: string, value: number): string {
  return JSON.stringify({ userId, recordId, recordType: 'movie', value, eventType: 'put' })
}
