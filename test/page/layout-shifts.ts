import type { Page } from 'playwright-core'

export interface Shift {
  readonly value: number
  readonly elements: readonly string[]
}
declare function layoutShifts(): readonly Shift[]

/** Runs in the browser: collects layout shifts without recent input. */
export function collectLayoutShifts(): void {
  const shifts: Shift[] = []
  interface Entry extends PerformanceEntry {
    readonly value: number
    readonly hadRecentInput: boolean
    readonly sources: readonly {
      readonly node?: Element | null
      readonly previousRect: DOMRectReadOnly
      readonly currentRect: DOMRectReadOnly
    }[]
  }
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries() as Entry[]) {
      const elements = sources.map(({ node, previousRect, currentRect }) => {
        const [from, to] = [previousRect, currentRect].map(({ x, y, width, height }) =>
          [x, y, width, height].map(Math.round).join(' '),
        )
        return `${node?.outerHTML?.slice(0, 120)}: ${from} → ${to}`
      })
      if (!hadRecentInput) shifts.push({ value, elements })
    }
  }).observe({ type: 'layout-shift', buffered: true })
  Object.assign(globalThis, { layoutShifts: () => shifts })
}

/** Returns the layout shifts so far of a page that collects them. */
export function layoutShiftsOf(page: Page): Promise<readonly Shift[]> {
  return page.evaluate(() => layoutShifts())
}
