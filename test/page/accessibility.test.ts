import { expect, test } from 'bun:test'
import { findViolations } from './axe.ts'
import { describePage, type Site } from './describe-page.ts'
import { appendPoison } from './events.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'
import { startServicesApart } from './services-apart.ts'
import { startServicesWithSignIn } from './services-with-sign-in.ts'
import { runningStates } from './states/all.ts'
import { outageStates } from './states/outage.ts'
import { signInStates } from './states/sign-in.ts'
import type { PageState, PageStates } from './states/state.ts'
import { openVisitor } from './visitor.ts'

const rated = await famousMovies(12)
const testTimeoutMs = 60_000
const accessTokenSeconds = 600

describePage(
  'axe finds no violation in the state',
  {
    start: startServices,
    async fill({ others, services }) {
      await appendPoison(services)
      await others.rateMany(ratingsInOrder(rated))
    },
  },
  (site) => testStates(site, runningStates),
)

describePage(
  'axe finds no violation, with a sign-in, in the state',
  { start: () => startServicesWithSignIn(accessTokenSeconds) },
  (site) => testStates(site, signInStates, () => site().services.origin),
)

describePage(
  'axe finds no violation during an outage in the state',
  {
    start: startServicesApart,
    async fill({ others, services }) {
      await others.rateMany(ratingsInOrder(rated))
      await services.killRating()
    },
  },
  (site) => testStates(site, outageStates),
)

function testStates(
  site: () => Site,
  states: PageStates,
  originOf = () => site().services.urls.movie,
): void {
  for (const [name, state] of Object.entries(states)) {
    if (!state.isForeign) test(name, () => check(site(), state, originOf()), testTimeoutMs)
  }
}

async function check(site: Site, state: PageState, origin: string): Promise<void> {
  const { path, prepare, reach, widthMax, widthMin = 0 } = state
  const widths = [1440, 390].filter((width) => width >= widthMin && width <= (widthMax ?? width))
  // With reduced motion, colours do not fade.
  const look = { reducedMotion: 'reduce', width: widths[0] ?? 0 } as const
  await using visitor = await openVisitor(site.browser, origin, look)
  await prepare?.(visitor)
  await visitor.page.goto(path)
  await reach(visitor.page, visitor)
  expect(await findViolations(visitor.page, widths)).toEqual([])
}
