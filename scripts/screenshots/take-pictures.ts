import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { PageState } from '../../test/page/states/state.ts'
import { openVisitor } from '../../test/page/visitor.ts'

/** Height of the window, and of the picture of a page that grows without end. */
const height = 900
const heightMax = 2_400
/** Widest window that is touched rather than pointed at. */
const touchWidthMax = 768
/** Timeout of each step to a state, in milliseconds. */
const actionTimeoutMs = 30_000
/** Time for what a larger window loads, and for charts, which draw once a second. */
const settleMs = 500
const chartMs = 1_200

export const themes = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'light', forcedColors: 'active' },
} as const

/** A state, and the widths of the window in which one visitor sees it. */
export interface Shot {
  readonly name: string
  readonly state: PageState
  readonly widths: readonly number[]
}

/**
 * Splits widths into those that one visitor can see one after the other: by touch, and by mouse.
 * What lies over a page is placed when it opens, so that each width of it needs its own visitor.
 */
export function shotsOf(name: string, state: PageState, widths: readonly number[]): Shot[] {
  const { widthMin = 0, widthMax = Number.POSITIVE_INFINITY } = state
  const fitting = widths.filter((width) => width >= widthMin && width <= widthMax)
  const groups = state.isOverlay
    ? fitting.map((width) => [width])
    : [fitting.filter((width) => !isTouched(width)), fitting.filter(isTouched)]
  return groups.filter((group) => group.length > 0).map((group) => ({ name, state, widths: group }))
}

function isTouched(width: number): boolean {
  return width <= touchWidthMax
}

/** Reaches the state once, and takes a picture of it in each width and theme. */
export async function takePictures(
  browser: Browser,
  origin: string,
  folder: string,
  { name, state, widths }: Shot,
): Promise<void> {
  const { path, prepare, reach, settle, pictureAfterMs = 0, isOverlay } = state
  const [width = 0] = widths
  // With reduced motion, nothing has to be waited for that only moves.
  const look = { width, height, touch: isTouched(width), reducedMotion: 'reduce' } as const
  await using visitor = await openVisitor(browser, origin, look)
  const { page, context } = visitor
  // The services, an audience and the browser share the machine.
  context.setDefaultTimeout(actionTimeoutMs)
  await prepare?.(visitor)
  // The state is waited for; a page that waits for held responses may never be loaded.
  await page.goto(path, { waitUntil: 'commit' })
  await reach(page, visitor)
  await delay(pictureAfterMs)
  await closeGutter(page)
  for (const each of widths) {
    if (each !== width) await page.setViewportSize({ width: each, height })
    if (!isOverlay) await showWhole(page, each)
    await delay(settleMs)
    await takeInThemes(page, join(folder, `${name}-${each}`), settle)
  }
}

async function takeInThemes(
  page: Page,
  pathStart: string,
  settle: PageState['settle'],
): Promise<void> {
  const hasCharts = (await page.locator('canvas').count()) > 0
  for (const [theme, media] of Object.entries(themes)) {
    await page.emulateMedia(media)
    if (hasCharts) await delay(chartMs)
    await settle?.(page)
    await page.screenshot({ path: `${pathStart}-${theme}.png` })
  }
}

/** Makes the window as high as the page, up to a maximum. */
async function showWhole(page: Page, width: number): Promise<void> {
  const whole = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width, height: Math.min(heightMax, Math.max(height, whole)) })
}

/**
 * Removes the space that the page reserves for a scroll bar, which a headless browser does not
 * draw.
 */
export async function closeGutter(page: Page): Promise<void> {
  await page.evaluate(() => document.documentElement.style.setProperty('scrollbar-gutter', 'auto'))
}
