import axe, { type AxeResults, type RunOnly } from 'axe-core'
import type { Page } from 'playwright-core'

/** Levels A and AA of WCAG 2.0 to 2.2, and what axe thinks good practice. */
const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const colours: RunOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

/** How a page is looked at: a wide screen and a narrow phone, by day and by night, when only the colours differ. */
const looks = [1440, 390].flatMap((width) => [
  { width, colorScheme: 'light' as const, rules: everything },
  { width, colorScheme: 'dark' as const, rules: colours },
])

/**
 * What is wrong on a page as it is now, in every look, a line for each element: what axe finds, and what is cut off at
 * the side (WCAG 1.4.10).
 */
export async function findViolations(page: Page): Promise<string[]> {
  const found: string[] = []
  // By the debugger, which the page's Content-Security-Policy does not bind.
  await page.evaluate(axe.source)
  for (const { width, colorScheme, rules } of looks) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    const wrong = [...(await violationsNow(page, rules)), ...(await page.evaluate(whatIsCutOff))]
    for (const line of wrong) found.push(`${width} ${colorScheme}: ${line}`)
  }
  return found
}

async function violationsNow(page: Page, rules: RunOnly | string[]): Promise<string[]> {
  const run = (runOnly: RunOnly | string[]): Promise<AxeResults> => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    return axe.run({ runOnly, resultTypes: ['violations'] })
  }
  const { violations } = await page.evaluate(run, rules)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

/** In the browser: what reaches beyond the window, and is in nothing that can be scrolled. */
function whatIsCutOff(): string[] {
  const canBeScrolled = (element: Element | null): boolean =>
    element !== null &&
    (/auto|scroll/.test(getComputedStyle(element).overflowX) ||
      canBeScrolled(element.parentElement))
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .filter((element) => !element.closest('svg, .visually-hidden') && !canBeScrolled(element))
    .slice(0, 5)
    .map((element) => `cut off: ${element.outerHTML.slice(0, 120)}`)
}
