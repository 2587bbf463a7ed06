import { expect, test } from 'bun:test'
import type { EventLog } from '@marquee/event-log/port'
import { backend } from '@marquee/testing/backends/shared'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import { createKafkaEventLog } from '../../packages/event-log/kafka/kafka.ts'
import { createIngest, type Ingest } from './ingest.ts'
import { ingestCondition } from './ingest-health.ts'
import type { LogPolicy } from './log-guard.ts'
import { defaultRules } from './scoring.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import type { ChangeSink } from './store/port.ts'

const log = pino({ level: 'silent' })
const timing = { heartbeatIntervalMs: 200, pollWaitMs: 100, commitIntervalMs: 200 }
const partitions = 2
const noticeTimeoutMs = 30_000
const testTimeoutMs = 90_000

describeWith(backend('kafka'), 'ingestion from Kafka', (address) => {
  test(
    'a topic that is made again while it is read is another log, also when it has grown past the position',
    async () => {
      await using bench = await openBench(address)
      await bench.append(0, 40)
      const ingest = await bench.start()
      await bench.hasRated(40)
      await bench.removeTopic(bench.topic)
      await bench.append(1_000, 1_200)
      const blocked = await blockedReason(ingest)
      expect(blocked).toMatch(/^the log of topic \S+ is kafka:\S+, and the stored positions are of/)
      expect(ingestCondition(ingest)()).toContain(blocked)
      expect(await bench.rated()).toBe(40)
      await bench.stop()
      await bench.start('accept-new')
      await bench.hasRated(240)
    },
    testTimeoutMs,
  )

  test(
    'a topic that is removed while it is read is noticed though nothing follows',
    async () => {
      await using bench = await openBench(address)
      await bench.append(0, 40)
      const ingest = await bench.start()
      await bench.hasRated(40)
      await bench.removeTopic(bench.topic)
      expect(await blockedReason(ingest)).toContain('the stored positions are of')
    },
    testTimeoutMs,
  )

  test(
    'a dead-letter topic that is removed is made again, and ingestion goes on',
    async () => {
      await using bench = await openBench(address)
      await bench.appendPoison()
      await bench.append(0, 10)
      await bench.start()
      await bench.hasRated(10)
      expect(await bench.eventLog.ends(bench.deadLetterTopic)).toContain(1)
      await bench.removeTopic(bench.deadLetterTopic)
      await bench.appendPoison()
      await bench.append(10, 20)
      await bench.hasRated(20)
      expect(await bench.eventLog.ends(bench.deadLetterTopic)).toContain(1)
    },
    testTimeoutMs,
  )

  test(
    'a group that another installation uses is not joined, and not read, until that one has left',
    async () => {
      await using bench = await openBench(address)
      await bench.append(0, 40)
      const first = await bench.start()
      await bench.hasRated(40)
      const stranger = createMemoryRatingStore({ rules: defaultRules })
      await using other = await bench.startWith(stranger)
      const blocked = await blockedReason(other)
      expect(blocked).toContain(`another installation consumes with the group "${bench.topic}"`)
      expect(blocked).toContain('--event-log-group')
      expect(ingestCondition(other)()).toContain(blocked)
      await bench.append(40, 80)
      await bench.hasRated(80)
      expect(first.status()).toMatchObject({ state: 'running', applied: 80 })
      expect(other.status().applied).toBe(0)
      await bench.stop()
      await waitFor(() => other.status().applied === 80, {
        what: 'the other to take over',
        timeoutMs: noticeTimeoutMs,
      })
    },
    testTimeoutMs,
  )

  test(
    'partitions that are added while it runs are read',
    async () => {
      await using bench = await openBench(address)
      const ingest = await bench.start()
      await bench.append(0, 10)
      await bench.hasRated(10)
      const count = partitions + 4
      const topicPartitions = [{ topic: bench.topic, count }]
      await bench.admin.createPartitions({ topicPartitions })
      await waitFor(() => ingest.status().partitions.length === count, {
        what: 'the added partitions',
        timeoutMs: noticeTimeoutMs,
      })
      await waitFor(() => ingest.status().state === 'running', { what: 'them to be read' })
    },
    testTimeoutMs,
  )
})

function blockedReason(ingest: Ingest): Promise<string> {
  return waitFor(() => ingest.status().blocked, {
    what: 'ingestion to be blocked',
    timeoutMs: noticeTimeoutMs,
  })
}

interface Bench extends AsyncDisposable {
  readonly topic: string
  readonly deadLetterTopic: string
  readonly eventLog: EventLog
  readonly admin: Admin
  start(policy?: LogPolicy): Promise<Ingest>
  /** Starts ingestion into another store, in the same group. */
  startWith(sink: ChangeSink): Promise<Ingest>
  stop(): Promise<void>
  /** Events by as many users, as another program appends them. */
  append(from: number, until: number): Promise<void>
  appendPoison(): Promise<void>
  removeTopic(topic: string): Promise<void>
  rated(): Promise<number>
  hasRated(count: number): Promise<unknown>
}

/** A store and topics of a test's own. */
async function openBench(address: string): Promise<Bench> {
  await using resources = new AsyncDisposableStack()
  const topic = `ingest-${crypto.randomUUID()}`
  const deadLetterTopic = `${topic}.dlq`
  const names = { topic, deadLetterTopic, group: topic }
  const open = () => createKafkaEventLog({ brokers: [address], partitions, log, timing })
  const store = createMemoryRatingStore({ rules: defaultRules })
  const eventLog = resources.use(await open())
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  resources.defer(() => admin.disconnect())
  let ingest: Ingest | undefined
  resources.defer(async () => ingest?.[Symbol.asyncDispose]())
  const kept = resources.move()

  /** By a log of its own, which knows nothing of what was removed. */
  async function send(texts: readonly string[]): Promise<void> {
    await using other = await open()
    const encode = (text: string) => new TextEncoder().encode(text)
    const records = texts.map((text, index) => ({
      key: `movie-${index % 20}`,
      value: encode(text),
    }))
    await waitFor(() => other.append(topic, records).then(() => true), { what: 'the append' })
  }

  async function rated(): Promise<number> {
    const top = await store.top({ recordType: 'movie', countMin: 1, limit: 100 })
    return top.aggregates.reduce((sum, { count }) => sum + count, 0)
  }

  return {
    topic,
    deadLetterTopic,
    eventLog,
    admin,
    rated,
    startWith: (sink) => createIngest({ eventLog, sink, log, ...names }).start(),
    async start(logPolicy = 'refuse-new') {
      ingest = await createIngest({ eventLog, sink: store, log, logPolicy, ...names }).start()
      return ingest
    },
    stop: async () => ingest?.[Symbol.asyncDispose](),
    append: (from, until) =>
      send(Array.from({ length: until - from }, (_, index) => putBy(`user-${from + index}`))),
    appendPoison: () => send(['poison']),
    async removeTopic(name) {
      await admin.deleteTopics({ topics: [name] })
      const isGone = async () => !(await admin.listTopics()).includes(name)
      await waitFor(isGone, { what: `${name} to be gone` })
    },
    hasRated: (count) =>
      waitFor(async () => (await rated()) === count, {
        what: `${count} ratings`,
        timeoutMs: noticeTimeoutMs,
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function putBy(userId: string): string {
  const rating = { userId, recordId: 'heat', recordType: 'movie', value: 4 }
  return JSON.stringify({ ...rating, eventType: 'put' })
}
