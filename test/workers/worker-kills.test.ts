import { expect, test } from 'bun:test'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { createExpectedRatings } from '../faults/expected-ratings.ts'
import { expectWritten, startCallers } from '../faults/rating-callers.ts'
import {
  everythingApplied,
  ratingClient,
  readAggregates,
  readMetric,
} from '../faults/rating-process.ts'
import { type Append, produceEvents } from '../faults/rating-producer.ts'
import { createSeededRandom, faultSeed } from '../faults/seeded-random.ts'
import { startWorkers } from './service-workers.ts'

/** The wait before a restart doubles with each kill of a worker. */
const killCount = 8
/** Time that a worker serves before it is killed. */
const lifetimeMs = { min: 50, max: 400 }
const callersCount = 3
const testTimeoutMs = 180_000

test(
  'workers are killed in turn while events and calls come in, and nothing is lost or counts twice',
  async () => {
    const seed = faultSeed('workers under SIGKILL')
    const random = createSeededRandom(seed)
    await using folder = await temporaryFolder()
    const logFile = join(folder.path, 'events.db')
    const database = `sqlite:${join(folder.path, 'ratings.db')}`
    const args = ['--database-url', database, '--event-log', logFile]
    await using service = await startWorkers({ runtime: 'bun', count: 2, args })
    const client = ratingClient(service.url)
    await using eventLog = createEmbeddedEventLog({ path: logFile, partitions: 4 })
    const append: Append = (records) => eventLog.append('ratings', records)
    const expected = createExpectedRatings()
    const stop = new AbortController()
    const producing = produceEvents({ append, expected, random, signal: stop.signal })
    const calling = startCallers(client, { count: callersCount, seed, signal: stop.signal })
    try {
      for (let kills = 0; kills < killCount; kills++) {
        await delay(random.integer(lifetimeMs.min, lifetimeMs.max))
        const workers = await childrenOf(service.program.pid)
        process.kill(workers[random.integer(0, workers.length - 1)] ?? 0, 'SIGKILL')
        const isRestarted = async () =>
          (await readMetric(service.url, 'marquee_worker_restarts_total')) === kills + 1 &&
          (await readMetric(service.url, 'marquee_workers')) === 2
        await waitFor(isRestarted, { what: 'the worker to serve again', timeoutMs: 60_000 })
      }
    } finally {
      stop.abort()
    }
    await producing
    const written = await calling
    await everythingApplied(append, client, expected)
    await expectWritten(client, written, expected)
    const acknowledgedCount = written.reduce((sum, one) => sum + one.acknowledgedCount, 0)
    expect(acknowledgedCount).toBeGreaterThan(0)
    expect(await readAggregates(client)).toMatchObject(expected.aggregates())
    service.program.kill()
    expect(await service.program.exited).toEqual({ code: 0, signal: null })
  },
  testTimeoutMs,
)

/** Returns the child processes of a process. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const texts = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8'))
  return (await Promise.all(texts)).flatMap((text) => text.split(' ').filter(Boolean).map(Number))
}
