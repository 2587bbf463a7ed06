import { afterAll, beforeAll } from 'bun:test'
import { openChromium } from '@marquee/testing/chromium'
import { describeWith } from '@marquee/testing/requirements'
import { tool } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import type { Browser, Page } from 'playwright-core'
import { createOthers, type Others } from './ratings.ts'
import type { Services } from './services.ts'
import { openVisitor, type Visitor, type VisitorOptions } from './visitor.ts'

const setUpTimeoutMs = 60_000

/** A browser and the running services. */
export interface Site<S extends Services = Services> {
  readonly browser: Browser
  readonly services: S
  readonly others: Others
  /** Opens a path in a browser profile of its own. */
  visit(path: string, options?: VisitorOptions): Promise<Visitor>
}

interface Fixture<S extends Services> {
  /** Started before the first test. */
  readonly start: () => Promise<S>
  /** Fills in the data before the first test. */
  readonly fill?: (site: Site<S>) => Promise<void>
}

/** `describe` for the page in Chromium, against running services. */
export function describePage<S extends Services>(
  name: string,
  { start, fill }: Fixture<S>,
  body: (site: () => Site<S>) => void,
): void {
  describeWith(tool('chromium'), name, (path) => {
    const resources = new AsyncDisposableStack()
    let site: Site<S> | undefined
    beforeAll(async () => {
      const services = resources.use(await start())
      const browser = resources.use(await openChromium(path))
      site = createSite(browser, services)
      await fill?.(site)
    }, setUpTimeoutMs)
    afterAll(() => resources.disposeAsync(), setUpTimeoutMs)
    body(() => {
      if (!site) throw new Error('the services are not started yet')
      return site
    })
  })
}

export function createSite<S extends Services>(browser: Browser, services: S): Site<S> {
  return {
    browser,
    services,
    others: createOthers(services.urls.rating),
    async visit(path, options) {
      const visitor = await openVisitor(browser, services.urls.movie, options)
      await visitor.page.goto(path)
      return visitor
    },
  }
}

/** Repeats the check until it does not throw. Rejects after the timeout with the last error. */
export async function eventually(check: () => unknown, timeoutMs = 10_000): Promise<void> {
  let thrown: unknown
  const holds = async () => {
    try {
      await check()
      return true
    } catch (error) {
      thrown = error
      return false
    }
  }
  await waitFor(holds, { what: 'the page to be so', timeoutMs }).catch(() => {
    throw thrown
  })
}

/** Waits until the page has drawn so many frames. */
export async function frames(page: Page, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
  }
}
