import { expect, test } from 'bun:test'
import { findViolations } from './axe.ts'
import { describePage } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'
import { pageStates } from './states.ts'

const rated = await famousMovies(12)
const testTimeoutMs = 60_000

describePage(
  'axe finds no violation in light and dark, narrow and wide, in the state',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    for (const [name, { path, prepare, reach }] of Object.entries(pageStates)) {
      test(
        name,
        async () => {
          // Colours are what they are at once: nothing fades from one to another.
          await using visitor = await site().visit('about:blank', { reducedMotion: 'reduce' })
          await prepare?.(visitor)
          await visitor.page.goto(path)
          await reach(visitor.page, visitor)
          expect(await findViolations(visitor.page)).toEqual([])
        },
        testTimeoutMs,
      )
    }
  },
)
