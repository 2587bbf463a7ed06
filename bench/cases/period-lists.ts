import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { dayMs, endOfDay, periodTimes } from '../../services/rating/period/period.ts'
import { rank } from '../../services/rating/period/rankings.ts'
import { defaultRules } from '../../services/rating/scoring.ts'
import type { RatingDatabase } from '../../services/rating/store/database.ts'
import { createSqliteRatingStore } from '../../services/rating/store/sqlite.ts'
import { createSeededRandom } from '../../test/faults/seeded-random.ts'
import { type Bench, ownName } from '../bench.ts'
import { watchTurns } from '../turns.ts'

const name = 'period-lists'
const ratingCount = 1_000_000
const recordCount = 10_000
const userCount = 200_000
const batchSize = 5_000
/** Time over which the ratings are spread: most of them are in the month. */
const spreadMs = 40 * dayMs

/**
 * Measures the counting of a million ratings in SQLite for the top lists of a period: its time, its
 * CPU, and the longest turn of the event loop meanwhile. The CPU includes that of watching turns.
 */
export async function measurePeriodLists(bench: Bench): Promise<void> {
  await using folder = await temporaryFolder()
  await using store = createSqliteRatingStore({
    path: `${folder.path}/rating.db`,
    rules: defaultRules,
  })
  const now = Date.now()
  bench.log(`${name}: saves ${ratingCount} ratings`)
  await fill(store, now)
  const times = periodTimes(endOfDay(now))
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    const turns = watchTurns()
    const before = process.cpuUsage()
    const startMs = performance.now()
    await rank(store, times)
    const timeMs = performance.now() - startMs
    const { user, system } = process.cpuUsage(before)
    const report = (metric: string, value: number) =>
      bench.report({ case: name, peer: ownName, metric, unit: 'ms', value })
    report('count_ms', timeMs)
    report('cpu_ms', (user + system) / 1_000)
    report('longest_turn_ms', await turns.stop())
  }
}

/** Saves ratings of records of which few have many. */
async function fill(store: RatingDatabase, now: number): Promise<void> {
  const random = createSeededRandom(1)
  for (let saved = 0; saved < ratingCount; saved += batchSize) {
    const ratings = Array.from({ length: batchSize }, () => ({
      recordType: 'movie',
      recordId: `movie-${Math.floor((random.integer(0, 999) / 1_000) ** 3 * recordCount)}`,
      userId: `user-${random.integer(1, userCount)}`,
      value: random.integer(1, 10) / 2,
      ratedTimeMs: now - random.integer(0, spreadMs),
    }))
    await store.put(ratings)
  }
}
