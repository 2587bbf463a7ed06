import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from '@marquee/testing/free-ports'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { spawnService, startService } from '../system/service-process.ts'
import { createExpectedRatings } from './expected-ratings.ts'
import { expectWritten, startCallers } from './rating-callers.ts'
import { everythingApplied, ratingClient, readAggregates, readMetric } from './rating-process.ts'
import { type Append, produceEvents } from './rating-producer.ts'
import { createSeededRandom, faultSeed } from './seeded-random.ts'

const killCount = 30
/**
 * Time from the start of the process to its kill, or from its readiness, alternately, so that some
 * are killed before they are ready.
 */
const lifetimeMs = { min: 100, max: 900 }
const startTimeoutMs = 20_000
const callersCount = 3
const testTimeoutMs = 120_000

test(
  'rating is killed 30 times while events stream in, and loses nothing and counts nothing twice',
  async () => {
    const seed = faultSeed('ratings under SIGKILL')
    const random = createSeededRandom(seed)
    await using folder = await temporaryFolder()
    const [port = 0] = await freePorts(1)
    const logFile = join(folder.path, 'events.db')
    const database = `sqlite:${join(folder.path, 'ratings.db')}`
    const args = ['--database-url', database, '--event-log', logFile]
    const rating = { service: 'rating', port, args } as const
    const client = ratingClient(`http://127.0.0.1:${port}`)
    await using eventLog = createEmbeddedEventLog({ path: logFile, partitions: 4 })
    const append: Append = (records) => eventLog.append('ratings', records)
    const expected = createExpectedRatings()
    const stop = new AbortController()
    const producing = produceEvents({ append, expected, random, signal: stop.signal })
    const calling = startCallers(client, { count: callersCount, seed, signal: stop.signal })
    try {
      for (let kills = 0; kills < killCount; kills++) {
        await using program = await spawnService(rating)
        if (kills % 2 === 0) await program.waitForLine(/"\w+ is listening"/, startTimeoutMs)
        await delay(random.integer(lifetimeMs.min, lifetimeMs.max))
        program.kill('SIGKILL')
        expect(await program.exited).toMatchObject({ signal: 'SIGKILL' })
      }
    } finally {
      stop.abort()
    }
    const eventCount = await producing
    const written = await calling

    await using last = await startService(rating)
    await everythingApplied(append, client, expected)
    await expectWritten(client, written, expected)
    const acknowledgedCount = written.reduce((sum, one) => sum + one.acknowledgedCount, 0)
    // How many there are depends on how fast the machine starts processes.
    expect(acknowledgedCount).toBeGreaterThan(0)
    expect(await readAggregates(client)).toMatchObject(expected.aggregates())
    // The killed processes applied events too, and were not killed before they could.
    const changesApplied = await readMetric(last.url, 'marquee_ingest_changes_total')
    expect(changesApplied).toBeLessThan(eventCount / 2)
  },
  testTimeoutMs,
)
