/**
 * Takes screenshots of every page in every state, wide and narrow, light and dark: `bun run
 * screenshots [FOLDER [STATE]]`. FOLDER defaults to a new temporary folder. STATE selects the
 * states whose names start with it. `bun run screenshots docs/images readme` takes the pictures
 * of the README.
 */
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createEmbeddedEventLog } from '@marquee/event-log/embedded/embedded'
import { openChromium } from '@marquee/testing/chromium'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { tool } from '@marquee/testing/tools'
import type { Browser, Page } from 'playwright-core'
import { type Services, startServices } from '../test/page/services.ts'
import { type PageState, pageStates } from '../test/page/states.ts'
import { openVisitor } from '../test/page/visitor.ts'

const widths = [1440, 390]
const colorSchemes = ['light', 'dark'] as const
/** Maximum height of a screenshot, for pages that grow without end. */
const heightMax = 2_400
/** Timeout of each step to a state, in milliseconds. */
const actionTimeoutMs = 30_000
/** Time for transitions to end. */
const settleMs = 500
const audience = ['--people', '300', '--seed', '7']
const before = ['--ratings', '6000', '--rate', '6000']
const meanwhile = ['--rate', '20', '--seconds', '900']

/** Rates movies through the event log, and appends events that cannot be applied. */
async function fill(services: Services): Promise<void> {
  const path = join(services.data, 'events.db')
  await using eventLog = createEmbeddedEventLog({ path, partitions: 4 })
  const encoder = new TextEncoder()
  const poison = ['not JSON', '{"userId":"9","recordId":"the-matrix-1999","value":9}']
  await eventLog.append(
    'ratings',
    poison.map((text) => ({ key: 'the-matrix-1999', value: encoder.encode(text) })),
  )
  await using program = await rate(services, before)
  const { code } = await program.exited
  if (code !== 0) throw new Error(`the simulated audience failed: ${program.stderr()}`)
}

function rate({ urls, data }: Services, pace: readonly string[]): Promise<Program> {
  const addresses = ['--metadata', urls.metadata, '--event-log', join(data, 'events.db')]
  return spawnProgram({
    runtime: 'bun',
    entry: 'producers/simulate-audience.ts',
    args: [...addresses, ...audience, ...pace],
  })
}

async function takePictures(
  browser: Browser,
  services: Services,
  folder: string,
  [name, { path, prepare, reach, pictureAfterMs = settleMs }]: [string, PageState],
): Promise<void> {
  for (const width of widths) {
    for (const colorScheme of colorSchemes) {
      const look = { width, height: 900, colorScheme }
      await using visitor = await openVisitor(browser, services.urls.movie, look)
      const { page, context } = visitor
      // The services, an audience and the browser share the machine.
      context.setDefaultTimeout(actionTimeoutMs)
      await prepare?.(visitor)
      // The state is waited for; a page that waits for held responses may never be loaded.
      await page.goto(path, { waitUntil: 'commit' })
      await reach(page, visitor)
      await delay(pictureAfterMs)
      await closeGutter(page)
      const height = await page.evaluate(() => document.documentElement.scrollHeight)
      await page.setViewportSize({ width, height: Math.min(heightMax, Math.max(900, height)) })
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) })
    }
  }
}

/**
 * Removes the space that the page reserves for a scroll bar, which a headless browser does not
 * draw.
 */
async function closeGutter(page: Page): Promise<void> {
  await page.evaluate(() => document.documentElement.style.setProperty('scrollbar-gutter', 'auto'))
}

/** Takes the pictures of the README, in its width: the list, and the system while it is called. */
async function takeReadmePictures(browser: Browser, services: Services, folder: string) {
  const take = async (name: string, state: PageState | undefined, meanwhile?: Promise<void>) => {
    const look = { width: 1200, height: 700, colorScheme: 'light' } as const
    await using visitor = await openVisitor(browser, services.urls.movie, look)
    await visitor.page.goto(state?.path ?? '/')
    await state?.reach(visitor.page, visitor)
    await meanwhile
    await visitor.page.mouse.move(0, 0)
    await visitor.page.evaluate(() => scrollTo(0, 0))
    await delay(settleMs)
    await closeGutter(visitor.page)
    await visitor.page.screenshot({ path: join(folder, name) })
  }
  await take('page.png', pageStates.list)
  await take('system.png', pageStates.system, callOften(services.urls.movie))
}

/** Calls movie for the time that the rates of the system page need. */
async function callOften(movieUrl: string): Promise<void> {
  for (let times = 0; times < 1_000; times++) {
    await fetch(`${movieUrl}/v1/movies/the-matrix-1999/details`).then((one) => one.arrayBuffer())
    if (times % 5 === 0) {
      await fetch(`${movieUrl}/v1/movies?query=up`).then((one) => one.arrayBuffer())
    }
    await delay(40)
  }
}

async function main(): Promise<void> {
  const [given, only] = process.argv.slice(2)
  const chromium = tool('chromium')
  if ('missing' in chromium) throw new Error(chromium.missing)
  const folder = given ? resolve(given) : await mkdtemp(join(tmpdir(), 'marquee-screenshots-'))
  await mkdir(folder, { recursive: true })
  await using services = await startServices()
  await using browser = await openChromium(chromium.value)
  await fill(services)
  await using _audience = await rate(services, meanwhile)
  if (only === 'readme') await takeReadmePictures(browser, services, folder)
  for (const state of Object.entries(pageStates)) {
    if (only === undefined || state[0].startsWith(only)) {
      await takePictures(browser, services, folder, state)
    }
  }
  console.log(folder)
}

await main()
