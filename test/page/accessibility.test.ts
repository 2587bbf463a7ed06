import { expect, test } from 'bun:test'
import { findViolations } from './axe.ts'
import { describePage } from './describe-page.ts'
import { famousMovies, ratingsInOrder } from './ratings.ts'
import { startServices } from './services.ts'
import { pageStates } from './states.ts'

const rated = await famousMovies(12)
const testTimeoutMs = 60_000

describePage(
  'axe finds no violation in the state',
  { start: startServices, fill: ({ others }) => others.rateMany(ratingsInOrder(rated)) },
  (site) => {
    for (const [name, { path, prepare, reach }] of Object.entries(pageStates)) {
      test(
        name,
        async () => {
          // With reduced motion, colours do not fade.
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
