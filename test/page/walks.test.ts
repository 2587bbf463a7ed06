import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { describePage, eventually } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'
import { waitForEveryMethod } from './try-form.ts'

const rated = await famousMovies(12)
const [best] = rated
/** Longest walk through a page by Tab. */
const stepsMax = 200
const testTimeoutMs = 60_000

/** Each page with the headings that a screen reader lists, by level. */
const pages: Readonly<Record<string, readonly string[]>> = {
  '/': ['1 Top rated'],
  '/?view=table': ['1 Top rated'],
  '/?sort=title&decade=1920': ['1 Title A–Z'],
  [`/movies/${best?.id}`]: [
    `1 ${best?.title} 1994`,
    '2 Rating',
    '2 Ratings by score',
    '2 Your rating',
    '2 Details',
    '2 More by Frank Darabont',
    '2 More like this',
  ],
  '/me': ['1 My ratings'],
  '/system': ['1 System'],
  '/try': ['1 API explorer'],
  '/try/rating.v1.RatingService/PutRating': ['1 API explorer', '2 movie'],
}

describePage(
  'a walk through the page',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    for (const [path, headings] of Object.entries(pages)) {
      test(
        `Tab comes to every control of ${path} once, from top to bottom, and leaves it`,
        async () => {
          await using visitor = await site().visit(path, { reducedMotion: 'reduce' })
          const { page } = visitor
          await waitUntilLoaded(page)
          const steps: string[] = []
          for (let step = await focusNext(page); step !== 'left'; step = await focusNext(page)) {
            steps.push(step)
            if (steps.length > stepsMax) throw new Error(`Tab does not leave ${path}: ${steps}`)
          }
          expect(steps.filter((step) => step.includes('('))).toEqual([])
          expect(await page.evaluate(notReached)).toEqual([])
        },
        testTimeoutMs,
      )

      test(`a screen reader finds the landmarks and the outline of ${path}`, async () => {
        await using visitor = await site().visit(path)
        const { page } = visitor
        await waitUntilLoaded(page)
        for (const role of ['banner', 'main'] as const) {
          expect(await page.getByRole(role).count()).toBe(1)
        }
        const all = page.getByRole('heading')
        await eventually(async () => {
          const found = await all.evaluateAll((list) =>
            list
              .filter((one) => one.checkVisibility())
              .map((one) => `${one.tagName.slice(1)} ${one.textContent?.trim()}`),
          )
          expect(found.slice(0, headings.length)).toEqual([...headings])
          // No level is left out.
          const levels = found.map((one) => Number(one[0]))
          expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([])
        })
        expect(await namelessNodes(page)).toEqual([])
      })

      test(`every target of ${path} is large enough for a finger`, async () => {
        await using visitor = await site().visit(path, { width: 390, touch: true })
        await waitUntilLoaded(visitor.page)
        await eventually(async () => expect(await visitor.page.evaluate(smallTargets)).toEqual([]))
      })
    }

    test('no method covers what is beside it, whatever the width is', async () => {
      await using visitor = await site().visit('/system', { width: 768 })
      const { page } = visitor
      await page.getByRole('button', { name: /^Show \d+ idle/ }).click()
      const stream = page.locator('.method-line .tag').first()
      await stream.waitFor()
      for (const width of [390, 720, 768, 1024, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        const beyond = await page.evaluate(
          () =>
            [...document.querySelectorAll('.method-line th')].filter((cell) => {
              const { right } = cell.getBoundingClientRect()
              return [...cell.children].some((one) => one.getBoundingClientRect().right > right + 1)
            }).length,
        )
        expect({ width, beyond }).toEqual({ width, beyond: 0 })
      }
    })

    test('a breakpoint begins at its exact width, and not a pixel before or after', async () => {
      await using visitor = await site().visit('/')
      const { page } = visitor
      const texts = await page.evaluate(() =>
        [...document.styleSheets]
          .flatMap((sheet) => [...sheet.cssRules])
          .flatMap((rule) => (rule instanceof CSSMediaRule ? [rule.conditionText] : []))
          .filter((text) => /width/.test(text)),
      )
      const ofText = (text: string) => 16 * Number(/([\d.]+)rem/.exec(text)?.[1])
      const conditions = [...new Set(texts)].map((text) => ({ text, width: ofText(text) }))
      expect(conditions.length).toBeGreaterThan(5)
      for (const { text, width } of conditions) {
        const matches: boolean[] = []
        for (const offset of [-1, 0, 1]) {
          await page.setViewportSize({ width: width + offset, height: 900 })
          matches.push(await page.evaluate((query) => matchMedia(query).matches, text))
        }
        const isBelow = /max-width|<|not/.test(text)
        expect({ text, matches }).toEqual({ text, matches: [isBelow, !isBelow, !isBelow] })
      }
    })
  },
)

async function waitUntilLoaded(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByText('Docs').waitFor({ state: 'attached' })
  await page.getByText('3,201 movies').first().waitFor({ state: 'attached' })
  const loading = page.getByText('Loading').filter({ visible: true })
  await eventually(async () => expect(await loading.count()).toBe(0))
  if (new URL(page.url()).pathname.startsWith('/try')) await waitForEveryMethod(page)
}

/**
 * Presses Tab. Returns the tag that has the focus then, with what is wrong with it in parentheses,
 * or `left` after the last element.
 */
async function focusNext(page: Page): Promise<string> {
  await page.keyboard.press('Tab')
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null
    if (!element || element === document.body) return 'left'
    const label = element.closest('label') ?? document.querySelector(`label[for="${element.id}"]`)
    const title = element.getAttribute('title') ?? element.getAttribute('placeholder')
    const legend = element.closest('fieldset')?.querySelector('legend')
    const names = [element.ariaLabel, element.textContent, label?.textContent, title, legend]
    const named = names.find(Boolean) || element.hasAttribute('aria-labelledby')
    const walked = [...document.querySelectorAll('[data-walked]')]
    const isBefore = (other: Element) =>
      element.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING
    const faults = [
      named ? '' : ' (no name)',
      'walked' in element.dataset ? ' (again)' : '',
      walked.some(isBefore) ? ' (out of order)' : '',
    ]
    element.dataset.walked = ''
    return element.tagName + faults.join('')
  })
}

/** Runs in the browser: controls that the walk did not come to. Radio buttons take one step. */
function notReached(): string[] {
  const controls = 'a[href], button, input, select, textarea, summary, [tabindex="0"]'
  return [...document.querySelectorAll<HTMLElement>(controls)]
    .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: false }))
    .filter((one) => one.tabIndex >= 0 && !one.matches(':disabled, [type=radio]'))
    .filter((one) => !('walked' in one.dataset))
    .map((one) => one.outerHTML.slice(0, 120))
}

/** Controls and pictures without a name in the tree that screen readers get. */
async function namelessNodes(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const roles = /^(button|link|textbox|searchbox|checkbox|radio|combobox|img|image|dialog|region)$/
  return nodes
    .filter(({ ignored, role, name }) => !ignored && roles.test(role?.value) && !name?.value)
    .map(({ role, nodeId }) => `${role?.value} ${nodeId}`)
}

/** Runs in the browser: targets below 44 px, other than links within a sentence. */
function smallTargets(): string[] {
  const sizeMin = 44
  const controls = [...document.querySelectorAll('a[href], button, input, select, summary')]
  return controls
    .filter((one) => one.checkVisibility() && !one.closest('.visually-hidden, .skip-link'))
    .filter((one) => {
      const text = one.closest('p, dd')?.textContent ?? ''
      return !(one.matches('a') && text.length > (one.textContent?.length ?? 0) + 1)
    })
    .flatMap((one) => {
      const target = one.matches('input') ? (one.closest('label') ?? one) : one
      const { width, height } = target.getBoundingClientRect()
      if (width >= sizeMin - 0.5 && height >= sizeMin - 0.5) return []
      return [`${Math.round(width)}x${Math.round(height)} ${one.outerHTML.slice(0, 120)}`]
    })
}
