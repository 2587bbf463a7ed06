import axe, { type AxeResults, type RunOnly } from 'axe-core'
import type { Page } from 'playwright-core'

/** Levels A and AA of WCAG 2.0 to 2.2, and axe's best practices. */
const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const colours: RunOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

/** Variants of a page: light and dark, which only differ in colours. */
const variants = [
  { colorScheme: 'light', rules: everything },
  { colorScheme: 'dark', rules: colours },
] as const

const wideAndNarrow = [1440, 390]

/**
 * Finds the violations of a page in every width and variant, one line per element: those of axe, and elements
 * that are cut off at the side (WCAG 1.4.10).
 */
export async function findViolations(
  page: Page,
  widths: readonly number[] = wideAndNarrow,
): Promise<string[]> {
  const found: string[] = []
  // The debugger is exempt from the page's Content-Security-Policy.
  await page.evaluate(axe.source)
  const all = widths.flatMap((width) => variants.map((variant) => ({ width, ...variant })))
  for (const { width, colorScheme, rules } of all) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    // The header covers a part of what is scrolled below it.
    await page.evaluate(() => scrollTo(0, 0))
    const wrong = [...(await violationsNow(page, rules)), ...(await page.evaluate(cutOffElements))]
    for (const line of wrong) found.push(`${width} ${colorScheme}: ${line}`)
  }
  return found
}

/** Finds the texts of a page that are hard to read against what is behind them. */
export async function findContrastViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return violationsNow(page, colours)
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

/** Runs in the browser: finds elements beyond the window that no scrolling can reach. */
function cutOffElements(): string[] {
  const canBeScrolled = (element: Element | null): boolean =>
    element !== null &&
    (/auto|scroll/.test(getComputedStyle(element).overflowX) ||
      canBeScrolled(element.parentElement))
  return (
    [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .filter((element) => !element.closest('svg, .visually-hidden') && !canBeScrolled(element))
      // What a closed menu holds keeps the place where it was last open.
      .filter((element) => element.checkVisibility())
      .slice(0, 5)
      .map((element) => `cut off: ${element.outerHTML.slice(0, 120)}`)
  )
}
