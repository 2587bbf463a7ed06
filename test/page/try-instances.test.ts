import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { tool } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import type { Page } from 'playwright-core'
import { loadCatalogue } from '../../bench/catalogue.ts'
import { startService } from '../system/service-process.ts'
import { describePage, eventually } from './describe-page.ts'
import { commandText, runInShell, shellTools } from './run-command.ts'
import { buildPage } from './services.ts'
import { choose, expectCode, messageTexts, responseOf, send } from './try-form.ts'

const getActivity = '/try/system.v1.ActivityService/GetActivity'
const testTimeoutMs = 60_000

/** The services in their own processes, with two instances of metadata. */
async function startTwoOfMetadata() {
  await using stack = new AsyncDisposableStack()
  await buildPage()
  const { path: data } = stack.use(await temporaryFolder())
  const memory = ['--database-url', 'memory:', '--event-log', join(data, 'events.db')]
  const rating = stack.use(await startService({ service: 'rating', args: memory }))
  const args = ['--database-url', await loadCatalogue(data), '--rating-url', rating.url]
  const one = stack.use(await startService({ service: 'metadata', args }))
  const other = stack.use(await startService({ service: 'metadata', args }))
  const addresses = ['--metadata-url', `${one.url},${other.url}`, '--rating-url', rating.url]
  const movie = stack.use(await startService({ service: 'movie', args: addresses }))
  // The footer of every page needs the ratings, which each instance of metadata reads by itself.
  const query = 'order_by=rating.count%20desc&page_size=1'
  for (const { url } of [one, other]) {
    const hasRatings = async () => (await fetch(`${url}/v1/movies?${query}`)).ok
    await waitFor(hasRatings, { what: 'the ratings in the catalogue' })
  }
  const urls = { metadata: one.url, rating: rating.url, movie: movie.url }
  const started = stack.move()
  return { data, urls, other: other.url, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

describePage('the choice of an instance', { start: startTwoOfMetadata }, (site) => {
  const hostOf = (url: string) => new URL(url).host
  const instances = () => [site().services.urls.metadata, site().services.other]

  test('the instances that the registry knows can be chosen, and any is the default', async () => {
    await using visitor = await site().visit(`${getActivity}?at=metadata`)
    const { page } = visitor
    const picker = page.getByLabel('Called at')
    const [one = '', other = ''] = instances().map(hostOf)
    const { rating } = site().services.urls
    await eventually(async () => {
      const texts = await picker.locator('option').allTextContents()
      expect(texts.toSorted()).toEqual(
        [
          ...['movie', 'metadata, any', `metadata, ${one}`, `metadata, ${other}`],
          ...['rating, any', `rating, ${hostOf(rating)}`],
        ].toSorted(),
      )
    })
    expect(await picker.inputValue()).toBe('metadata')
  })

  test('a call goes to the chosen instance, and the choice and the request outlast a reload', async () => {
    await using visitor = await site().visit('/try/system.v1.ActivityService/ListCalls?at=metadata')
    const { page } = visitor
    for (const url of instances()) {
      await choosePlace(page, `metadata, ${hostOf(url)}`)
      await page.getByText(`system.v1.ActivityService at metadata, ${hostOf(url)}`).waitFor()
    }
    await page.goto(`${getActivity}?at=metadata`)
    for (const url of instances()) {
      await choosePlace(page, `metadata, ${hostOf(url)}`)
      await send(page)
      await eventually(async () => {
        expect(startTimeOf((await messageTexts(page))[0])).toBe(await startTimeAt(url))
      })
    }
    await page.reload()
    await send(page)
    await expectCode(page, 'ok')
    const [last = ''] = instances().slice(-1)
    expect(startTimeOf((await messageTexts(page))[0])).toBe(await startTimeAt(last))
  })

  test('the request stays when another instance is chosen', async () => {
    await using visitor = await site().visit('/try/grpc.health.v1.Health/Check?at=metadata')
    const { page } = visitor
    await page.locator('[data-path="service"]').fill('metadata.v1.MetadataService')
    await choosePlace(page, `metadata, ${hostOf(site().services.other)}`)
    await eventually(async () => {
      const text = await page.locator('[data-path="service"]').inputValue()
      expect(text).toBe('metadata.v1.MetadataService')
    })
  })

  test('an instance that is not registered is shown as such, and refused', async () => {
    await using visitor = await site().visit(`${getActivity}?at=rating&instance=rating-of-old`)
    visitor.expectProblems(/GetActivity/)
    const { page } = visitor
    await page.getByText('system.v1.ActivityService at rating, rating-of-old').waitFor()
    await send(page)
    await expectCode(page, 'not_found')
    await responseOf(page)
      .getByText(/no instance "rating-of-old" of rating is registered/)
      .waitFor()
  })

  test('a narrow screen has the choice, too', async () => {
    await using visitor = await site().visit(`${getActivity}?at=metadata`, { width: 320 })
    const { page } = visitor
    await choosePlace(page, `metadata, ${hostOf(site().services.other)}`)
    await page.waitForURL(/instance=/)
    await page.locator('.method-select select').selectOption({ label: 'GetMovieDetails' })
    await page.getByRole('heading', { level: 2, name: 'GetMovieDetails' }).waitFor()
    expect(await page.getByLabel('Called at').isVisible()).toBe(false)
  })

  for (const [name, needs] of Object.entries(shellTools)) {
    testWith(
      tool(needs),
      `the ${name} command calls the chosen instance at its own address`,
      async () => {
        await using visitor = await site().visit(`${getActivity}?at=metadata`)
        const { page } = visitor
        for (const url of instances()) {
          await choosePlace(page, `metadata, ${hostOf(url)}`)
          await choose(page, 'Copy as', name)
          await eventually(async () => expect(await commandText(page)).toContain(hostOf(url)))
          const { stdout } = await runInShell(await commandText(page))
          expect(startTimeOf(stdout)).toBe(await startTimeAt(url))
        }
      },
      testTimeoutMs,
    )
  }
})

async function choosePlace(page: Page, label: string): Promise<void> {
  await page.getByLabel('Called at').selectOption({ label })
}

/** When the process started that a response of `GetActivity` is from: no two are the same. */
function startTimeOf(response = ''): string | undefined {
  return /"startTime": ?"([^"]+)"/.exec(response)?.[1]
}

async function startTimeAt(url: string): Promise<string | undefined> {
  return startTimeOf(await (await fetch(`${url}/v1/activity`)).text())
}
