import { test } from 'bun:test'
import { join } from 'node:path'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { expectFeedSurvives } from './feed-kills.ts'
import type { Append } from './rating-producer.ts'
import { faultSeed } from './seeded-random.ts'

/** Number of kills. `FEED_KILLS=200` kills more often. */
const killCount = Number(process.env.FEED_KILLS ?? 30)
const testTimeoutMs = 120_000 + killCount * 6_000

test(
  'rating on SQLite is killed again and again, and consumers and watches end at its state',
  async () => {
    const seed = faultSeed('the feed under SIGKILL')
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'events.db')
    const database = `sqlite:${join(folder.path, 'ratings.db')}`
    await using eventLog = createEmbeddedEventLog({ path, partitions: 4 })
    const append: Append = (records) => eventLog.append('ratings', records)
    const args = ['--database-url', database, '--event-log', path]
    await expectFeedSurvives({ seed, killCount, args, eventLog, append })
  },
  testTimeoutMs,
)
