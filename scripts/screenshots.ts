/**
 * Takes pictures of every page in every state, wide and narrow, light and dark: `bun run screenshots [FOLDER]`. The folder is
 * a new temporary one unless told.
 */
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { openChromium } from '../platform/testing/chromium.ts'
import { spawnProgram } from '../platform/testing/process.ts'
import { tool } from '../platform/testing/tools.ts'
import { type Services, startServices } from '../test/page/services.ts'
import { type PageState, pageStates } from '../test/page/states.ts'
import { openVisitor } from '../test/page/visitor.ts'

const widths = [1440, 390]
const colorSchemes = ['light', 'dark'] as const
/** A picture ends here, also of a page without end. */
const heightMax = 2_400
/** For charts to have something to draw. */
const settleMs = 1_500
const audience = ['--people', '300', '--ratings', '6000', '--rate', '6000', '--seed', '7']

async function fill({ urls }: Services): Promise<void> {
  await using program = await spawnProgram({
    runtime: 'bun',
    entry: 'producers/simulate-audience.ts',
    args: ['--metadata', urls.metadata, '--rating', urls.rating, ...audience],
  })
  const { code } = await program.exited
  if (code !== 0) throw new Error(`there is no audience: ${program.stderr()}`)
}

async function takePictures(
  browser: Browser,
  services: Services,
  folder: string,
  [name, { path, prepare, reach }]: [string, PageState],
): Promise<void> {
  for (const width of widths) {
    for (const colorScheme of colorSchemes) {
      const look = { width, height: 900, colorScheme }
      await using visitor = await openVisitor(browser, services.urls.movie, look)
      const { page } = visitor
      await prepare?.(visitor)
      await page.goto(path)
      await reach(page, visitor)
      await Bun.sleep(settleMs)
      const height = await page.evaluate(() => document.documentElement.scrollHeight)
      await page.setViewportSize({ width, height: Math.min(heightMax, Math.max(900, height)) })
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) })
    }
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
  for (const state of Object.entries(pageStates)) {
    if (only === undefined || state[0].startsWith(only)) {
      await takePictures(browser, services, folder, state)
    }
  }
  console.log(folder)
}

await main()
