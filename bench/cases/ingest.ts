import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { startKafka } from '@marquee/testing/backends/kafka'
import { installed } from '@marquee/testing/backends/shared'
import { type Program, spawnProgram } from '@marquee/testing/process'
import type { RuntimeName } from '@marquee/testing/tools'
import { pino } from 'pino'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { createKafkaEventLog } from '../../packages/event-log/kafka/kafka.ts'
import { type Bench, type Peer, startSelected } from '../bench.ts'
import { processorTimeMs, residentMegabytes } from '../cpu.ts'
import { createEvents, type Events, eventCount } from '../events.ts'
import { marquee } from '../peers.ts'

const topic = 'ratings'
const partitions = 4
/**
 * Interval at which progress is read, in milliseconds. A response of `/metrics` costs the service a
 * millisecond.
 */
const lookIntervalMs = 100
const timeoutMs = 120_000
const runtimes: readonly RuntimeName[] = ['bun', 'node', 'deno']

/** Returns how many events a consumer has processed, or `undefined` while that is unknown. */
type ReadProgress = () => Promise<number | undefined>

/**
 * Measures 500,000 events from a local Kafka broker into SQLite, by the rating service in its own
 * process, from the first batch to the last. For comparison, a consumer parses the events and does
 * nothing else.
 */
export async function measureKafkaToSqlite(bench: Bench): Promise<void> {
  const found = installed('kafka')
  if ('missing' in found) throw new Error(found.missing)
  const events = createEvents()
  bench.log('kafka-to-sqlite: starts a broker and fills it')
  await using kafka = await startKafka()
  await fillKafka(kafka.address, events)
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`kafka-to-sqlite: round ${round} of ${bench.rounds}`)
    const source = ['--kafka-brokers', kafka.address]
    for (const name of runtimes) {
      const database = join(bench.folder, `kafka-${name}-${round}.db`)
      await measureService(bench, 'kafka-to-sqlite', { name, database, source }, events)
    }
    await measureDecoding(bench, kafka.address)
  }
}

/** Measures the same events from the embedded log. */
export async function measureLogToSqlite(bench: Bench): Promise<void> {
  const events = createEvents()
  const path = join(bench.folder, 'events.db')
  bench.log('log-to-sqlite: fills the log')
  {
    await using log = createEmbeddedEventLog({ path, partitions })
    for (const part of events.parts()) await log.append(topic, part)
  }
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`log-to-sqlite: round ${round} of ${bench.rounds}`)
    const database = join(bench.folder, `log-bun-${round}.db`)
    const source = ['--event-log', path]
    await measureService(bench, 'log-to-sqlite', { name: 'bun', database, source }, events)
  }
}

async function fillKafka(broker: string, events: Events): Promise<void> {
  const log = pino({ level: 'silent' })
  await using eventLog = await createKafkaEventLog({ brokers: [broker], partitions, log })
  for (const part of events.parts()) await eventLog.append(topic, part)
}

interface Service {
  readonly name: RuntimeName
  readonly database: string
  /** Flags of the event source. */
  readonly source: readonly string[]
}

async function measureService(
  bench: Bench,
  caseName: string,
  { name, database, source }: Service,
  events: Events,
): Promise<void> {
  const args = ['--database-url', `sqlite:${database}`, ...source]
  {
    await using peer = await startSelected(marquee('rating', name, ...args), bench)
    if (peer === undefined) return
    await measure(bench, caseName, peer.name, peer.pid, () => appliedBy(peer))
  }
  checkRatings(database, events)
}

async function measureDecoding(bench: Bench, brokers: string): Promise<void> {
  const args = ['--brokers', brokers, '--topic', topic, '--count', `${eventCount}`]
  const entry = 'bench/peers/kafka-decode.ts'
  await using program = await spawnProgram({ runtime: 'bun', entry, args })
  const readProgress = async () => lastDecoded(program)
  await measure(bench, 'kafka-to-sqlite', 'decode-only-bun', program.pid, readProgress)
}

/** Polls the progress, and reports the rate. */
async function measure(
  bench: Bench,
  caseName: string,
  peer: string,
  pid: number,
  readProgress: ReadProgress,
): Promise<void> {
  const report = (metric: string, unit: string, value: number) =>
    bench.report({ case: caseName, peer, metric, unit, value })
  const endMs = performance.now() + timeoutMs
  let first: { count: number; timeMs: number; cpuMs: number } | undefined
  let rssMax = 0
  let rssHalfway = 0
  for (;;) {
    const count = await readProgress()
    const timeMs = performance.now()
    if (timeMs > endMs) throw new Error(`${peer} had ${count} events after ${timeoutMs} ms`)
    if (count) {
      first ??= { count, timeMs, cpuMs: processorTimeMs(pid) }
      const rss = residentMegabytes(pid)
      rssMax = Math.max(rssMax, rss)
      if (count <= eventCount / 2) rssHalfway = rssMax
      if (count >= eventCount) {
        const done = count - first.count
        report('events_per_s', '1/s', (done / (timeMs - first.timeMs)) * 1_000)
        report('cpu_us_per_event', 'µs', ((processorTimeMs(pid) - first.cpuMs) * 1_000) / done)
        report('rss_mb', 'MB', rssMax)
        report('rss_growth_mb', 'MB', rssMax - rssHalfway)
        return
      }
    }
    await delay(lookIntervalMs)
  }
}

async function appliedBy({ origins }: Peer): Promise<number | undefined> {
  const text = await (await fetch(`${origins['1.1']}/metrics`)).text()
  const applied = /^marquee_ingest_changes_total (\d+)$/m.exec(text)?.[1]
  return applied === undefined ? undefined : Number(applied)
}

function lastDecoded(program: Program): number | undefined {
  const count = [...program.stdout().matchAll(/^decoded (\d+)$/gm)].at(-1)?.[1]
  return count === undefined ? undefined : Number(count)
}

/** Throws unless every rating was saved, so that an incomplete run has no figure. */
function checkRatings(database: string, { ratingCount }: Events): void {
  const db = new DatabaseSync(database, { readOnly: true })
  const row = db.prepare('SELECT sum(count) AS sum FROM aggregate').get()
  db.close()
  if (row?.sum !== ratingCount) throw new Error(`${row?.sum} ratings came of ${ratingCount}`)
}
