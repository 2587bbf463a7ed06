import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

/** Timeout of each action on a page, in milliseconds. */
const actionTimeoutMs = 10_000

export interface VisitorOptions {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
  readonly reducedMotion?: 'reduce' | 'no-preference'
  /** A touch screen in place of a mouse. */
  readonly touch?: boolean
}

/**
 * A person with their own browser profile and one open page. Disposing closes it, and throws when
 * a page had an unexpected problem.
 */
export interface Visitor extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** Unexpected problems on the visitor's pages so far. */
  problems(): readonly string[]
  /** Ignores problems that match, from now on. */
  expectProblems(...patterns: readonly RegExp[]): void
  /** Opens another page of the same person, with the same checks. */
  openPage(): Promise<Page>
}

export async function openVisitor(
  browser: Browser,
  baseURL: string,
  options: VisitorOptions = {},
): Promise<Visitor> {
  const { width = 1440, height = 900, colorScheme = 'light', reducedMotion, touch } = options
  const contextOptions: BrowserContextOptions = {
    baseURL,
    viewport: { width, height },
    colorScheme,
    ...(reducedMotion && { reducedMotion }),
    ...(touch && { hasTouch: true, isMobile: true }),
  }
  const context = await browser.newContext(contextOptions)
  context.setDefaultTimeout(actionTimeoutMs)
  const problems: string[] = []
  const expected: RegExp[] = []
  const note = (problem: string) => {
    if (!expected.some((pattern) => pattern.test(problem))) problems.push(problem)
  }
  context.on('page', (page) => watchPage(page, note))
  const page = await context.newPage()
  return {
    page,
    context,
    problems: () => problems,
    expectProblems: (...patterns) => void expected.push(...patterns),
    openPage: () => context.newPage(),
    async [Symbol.asyncDispose]() {
      await context.close()
      if (problems.length > 0) throw new Error(`the page had problems:\n${problems.join('\n')}`)
    },
  }
}

/** Violations of the Content-Security-Policy are errors on the console. */
function watchPage(page: Page, note: (problem: string) => void): void {
  page.on('console', (message) => {
    if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => note(`error: ${error.stack ?? error.message}`))
  page.on('crash', () => note('the page crashed'))
  page.on('requestfailed', (request) => {
    const failure = request.failure()?.errorText ?? 'failed'
    // The page itself canceled it: an old search, or the stream of a page that was left.
    if (failure !== 'net::ERR_ABORTED') note(`request: ${request.url()} ${failure}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) note(`response: ${response.url()} ${response.status()}`)
  })
}
