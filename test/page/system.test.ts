import { expect, test } from 'bun:test'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { describePage, eventually } from './describe-page.ts'
import type { Services } from './services.ts'
import { startServicesApart } from './services-apart.ts'

const recordId = 'the-matrix-1999'
const poison = 'not JSON, says the test'
/** Time until an instance that does not respond is reported. */
const noticeTimeoutMs = 20_000

describePage('the system page', { start: startServicesApart }, (site) => {
  test('the system page shows each instance with its health and latency', async () => {
    await using visitor = await site().visit('/system')
    const { page } = visitor
    await page.getByText('All systems operational · 3 of 3 up').first().waitFor()
    expect(await page.title()).toBe('System · Marquee')
    await page
      .getByRole('img', { name: /^Services: All systems operational · 3 of 3 up/ })
      .waitFor()
    await page.getByText('Table', { exact: true }).click()
    const { urls } = site().services
    for (const [service, url] of Object.entries(urls)) {
      const row = page.getByRole('row').filter({ hasText: `:${new URL(url).port}` })
      await eventually(async () => {
        const text = (await row.textContent()) ?? ''
        expect(text).toContain(service)
        expect(text).toContain('serving')
        expect(text).toMatch(/\d ms/)
      })
    }
  })

  test('the system page shows requests per second by method and code', async () => {
    await using visitor = await site().visit('/system')
    const { page } = visitor
    await page.getByText('All systems operational · 3 of 3 up').first().waitFor()
    await requestMissingRatings(site().services, 7)
    const row = page
      .getByRole('region', { name: 'Requests by method and code' })
      .getByRole('listitem')
      .filter({ hasText: 'RatingService/GetRating' })
    await row.getByText('not_found').waitFor()
    await eventually(async () => {
      const text = await row.getByRole('listitem').filter({ hasText: 'not_found' }).textContent()
      expect(text).toBe('not_found 7')
    })
    await page.getByRole('img', { name: /^Requests per second, now: movie [\d.]+/ }).waitFor()
  })

  test('the system page shows ingest progress and dead letters, and opens one', async () => {
    await using visitor = await site().visit('/system')
    const { page } = visitor
    await page.getByText('No dead letters.').waitFor()
    await append(site().services, [ratingEvent('ada', 4), poison, ratingEvent('bob', 5)])
    const letter = page
      .getByRole('region', { name: 'Dead letters' })
      .getByRole('button', { expanded: false })
      .filter({ hasText: recordId })
    await letter.waitFor()
    const partitions = page.getByRole('region', { name: 'Ingestion by partition' })
    await partitions.getByRole('listitem').filter({ hasText: 'at 3' }).waitFor()
    await page.getByRole('img', { name: 'Ingest lag (events), now: rating 0' }).waitFor()
    await letter.click()
    const body = page.getByRole('region', { name: 'Dead letters' })
    await body.getByText(poison, { exact: true }).waitFor()
    await body.getByText(/ratings, partition \d, offset 1/).waitFor()
    await body.getByRole('button', { name: 'Hexadecimal' }).click()
    await body.getByText(/6e 6f 74 20 4a 53 4f 4e/).waitFor()
  })

  test('the system page names a service that is down and recovers when it is back', async () => {
    await using visitor = await site().visit('/system')
    const { page } = visitor
    await page.getByText('All systems operational · 3 of 3 up').first().waitFor()
    visitor.expectProblems(/\/services\/rating\//)
    await site().services.killRating()
    const timeout = noticeTimeoutMs
    await page.getByText('Degraded · 2 of 3 up').first().waitFor({ timeout })
    await page.getByText(/^rating is unreachable: /).waitFor({ timeout })
    await site().services.startRating()
    await page.getByText('All systems operational · 3 of 3 up').first().waitFor({ timeout })
    await page.getByRole('list', { name: 'Problems' }).waitFor({ state: 'detached' })
  }, 60_000)

  test('the system page says that its data is old while the stream is lost', async () => {
    await using visitor = await site().visit('/system')
    const { page } = visitor
    await page.getByText('All systems operational · 3 of 3 up').first().waitFor()
    visitor.expectProblems(/ERR_INTERNET_DISCONNECTED/)
    await visitor.context.setOffline(true)
    await page.getByText('Connection lost.').waitFor()
    await visitor.context.setOffline(false)
    await page.getByText('Connection lost.').waitFor({ state: 'detached' })
  })
})

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

function ratingEvent(userId: string, value: number): string {
  return JSON.stringify({ userId, recordId, recordType: 'movie', value, eventType: 'put' })
}

/** Appends to the event log from outside, all to one partition. */
async function append({ data }: Services, values: readonly string[]): Promise<void> {
  await using eventLog = createEmbeddedEventLog({ path: `${data}/events.db`, partitions: 4 })
  const encoder = new TextEncoder()
  await eventLog.append(
    'ratings',
    values.map((value) => ({ key: recordId, value: encoder.encode(value) })),
  )
}
