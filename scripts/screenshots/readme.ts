import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { runningStates } from '../../test/page/states/all.ts'
import type { PageState } from '../../test/page/states/state.ts'
import { openVisitor } from '../../test/page/visitor.ts'
import { openBusy } from './sites.ts'
import { closeGutter } from './take-pictures.ts'

/** Time for transitions to end. */
const settleMs = 500

/** Takes the pictures of the README, in its width: the list, and the system while it is called. */
export async function takeReadmePictures(browser: Browser, folder: string): Promise<void> {
  await using site = await openBusy()
  const take = async (name: string, state: PageState | undefined, meanwhile?: Promise<void>) => {
    const look = { width: 1200, height: 700, colorScheme: 'light' } as const
    await using visitor = await openVisitor(browser, site.origin, look)
    await visitor.page.goto(state?.path ?? '/')
    await state?.reach(visitor.page, visitor)
    await meanwhile
    await visitor.page.mouse.move(0, 0)
    await visitor.page.evaluate(() => scrollTo(0, 0))
    await delay(settleMs)
    await closeGutter(visitor.page)
    await visitor.page.screenshot({ path: join(folder, name) })
  }
  await take('page.png', runningStates.list)
  await take('system.png', runningStates.system, callOften(site.origin))
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
