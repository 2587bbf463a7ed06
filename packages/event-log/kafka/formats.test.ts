import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { backend, installed } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { tool } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import {
  fixtureAt,
  keyText,
  lagOf,
  numbered,
  oneKey,
  text,
  uniqueTopic,
} from '../contract/fixture.ts'
import { textOfHeader } from '../record-headers.ts'
import { createKafkaEventLog } from './kafka.ts'

const run = promisify(execFile)
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const timing = { heartbeatIntervalMs: 200, pollWaitMs: 100, commitIntervalMs: 200 }
const log = pino({ level: 'silent' })

describeWith(backend('kafka'), 'the log in Kafka:', (broker) => {
  const open = () => createKafkaEventLog({ brokers: [broker], partitions: 4, log, timing })
  const place = { open, async [Symbol.asyncDispose]() {} }
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING })
  let admin: Admin

  beforeAll(async () => {
    admin = kafka.admin()
    await admin.connect()
  })
  afterAll(() => admin.disconnect())

  /** Creates a topic before its producer, because a request for a topic does not create it. */
  async function newTopic(): Promise<string> {
    const topic = uniqueTopic()
    await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })
    return topic
  }

  describe('with librdkafka', () => {
    testWith(tool('kcat'), 'records of librdkafka are read with every codec', async (kcat) => {
      const lines = Array.from(
        { length: 2_000 },
        (_, n) => `key-${n % 50}:value ${n} of librdkafka`,
      )
      for (const codec of codecs) {
        const topic = await newTopic()
        const args = ['-P', '-b', broker, '-t', topic, '-K', ':', '-z', codec]
        execFileSync(kcat, args, { input: lines.join('\n') })
        await using fixture = await fixtureAt(place, topic)
        const reader = await fixture.read()
        await reader.hasSeen(lines.length)
        const seen = reader.seen.map((record) => `${keyText(record)}:${text(record)}`)
        expect({ codec, seen: seen.toSorted() }).toEqual({ codec, seen: lines.toSorted() })
      }
    })
  })

  describe('with Java', () => {
    testWith(
      installed('kafka'),
      'records of Java clients are read with every codec',
      async (folder) => {
        const lines = Array.from({ length: 500 }, (_, n) => `value ${n} of Java, ${'é'.repeat(n)}`)
        for (const codec of codecs) {
          const topic = await newTopic()
          const program = [
            '-cp',
            join(folder, 'lib', '*'),
            'org.apache.kafka.tools.ConsoleProducer',
          ]
          const target = ['--bootstrap-server', broker, '--topic', topic]
          const produced = run('java', [...program, ...target, '--compression-codec', codec])
          produced.child.stdin?.end(`${lines.join('\n')}\n`)
          await produced
          await using fixture = await fixtureAt(place, topic)
          const reader = await fixture.read()
          await reader.hasSeen(lines.length)
          expect({ codec, seen: reader.texts().toSorted() }).toEqual({
            codec,
            seen: lines.toSorted(),
          })
        }
      },
      90_000,
    )
  })

  test('records of aborted transactions are not delivered, and do not count as lag', async () => {
    const topic = await newTopic()
    const options = { transactionalId: topic, idempotent: true, maxInFlightRequests: 1 }
    const producer = kafka.producer(options)
    await producer.connect()
    for (const [value, isKept] of [
      ['kept 1', true],
      ['dropped', false],
      ['kept 2', true],
      ['dropped too', false],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ key: 'the same', value }] })
      await (isKept ? transaction.commit() : transaction.abort())
    }
    await producer.disconnect()
    await using fixture = await fixtureAt(place, topic)
    const reader = await fixture.read()
    await reader.hasSeen(2)
    await waitFor(() => lagOf(reader.consumption) === 0, { what: 'no lag' })
    expect(reader.texts()).toEqual(['kept 1', 'kept 2'])
    const partition = reader.at('kept 1').partition
    const read = (offset: number) => fixture.log.read(topic, { partition, offset, countMax: 10 })
    expect((await read(0))?.records.map(text)).toEqual(['kept 1', 'kept 2'])
    // No record is delivered from here on, although the partition does not end here.
    const rest = await read(reader.at('kept 2').offset + 1)
    expect(rest?.records).toEqual([])
    expect(rest?.end).toBeGreaterThan(reader.at('kept 2').offset + 1)
  })

  test('records without key and value, or with a repeated header, are read unchanged', async () => {
    const topic = await newTopic()
    const producer = kafka.producer()
    await producer.connect()
    const headers = { twice: ['first', 'second'], once: 'é' }
    await producer.send({ topic, messages: [{ value: null, headers }] })
    await producer.disconnect()
    await using fixture = await fixtureAt(place, topic)
    const reader = await fixture.read()
    await reader.hasSeen(1)
    expect(reader.seen[0]).toMatchObject({ key: null, value: null })
    const shown = reader.seen[0]?.headers.map((header) => [header.name, textOfHeader(header)])
    expect(shown).toEqual([
      ['twice', 'first'],
      ['twice', 'second'],
      ['once', 'é'],
    ])
  })

  test('records that were removed before they were read are reported, and the rest is read', async () => {
    await using fixture = await fixtureAt(place, await newTopic())
    await fixture.log.append(fixture.topic, oneKey(0, 10))
    const first = await fixture.read()
    await first.hasSeen(10)
    await first.consumption[Symbol.asyncDispose]()
    const { partition } = first.at('0')
    // kafkajs deletes records only of topics that it knows.
    await admin.fetchTopicOffsets(fixture.topic)
    await admin.deleteTopicRecords({
      topic: fixture.topic,
      partitions: [{ partition, offset: '6' }],
    })
    const errors: Error[] = []
    const second = await fixture.read({
      position: async (one) => (one === partition ? 2 : undefined),
      onError: (error) => errors.push(error),
    })
    await second.hasSeen(4)
    expect(second.texts()).toEqual(['6', '7', '8', '9'])
    expect(errors.map(({ message }) => message)).toEqual([
      `records 2 to 5 of partition ${partition} of topic ${fixture.topic} are gone before ` +
        'they were read: increase the retention of the topic',
    ])
  })

  test('a topic with fewer records than the position stops the partition', async () => {
    await using fixture = await fixtureAt(place, await newTopic())
    await fixture.log.append(fixture.topic, oneKey(0, 3))
    const errors: Error[] = []
    const reader = await fixture.read({
      position: async () => 500,
      onError: (error) => errors.push(error),
    })
    await waitFor(() => errors.length > 4, { what: 'the report, again and again' })
    expect(errors[0]?.message).toMatch(
      /position 500 is past the end \(\d\) of partition \d of topic/,
    )
    expect(reader.consumption.progress().every(({ failing }) => failing)).toBe(true)
    expect(reader.seen).toEqual([])
  })

  test('offsets are committed for the group, so that other tools see them', async () => {
    await using fixture = await fixtureAt(place, await newTopic())
    await fixture.log.append(fixture.topic, numbered(0, 200))
    const group = `tools-${fixture.topic}`
    const committed = async () => {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [fixture.topic] })
      const offsets = found?.partitions.toSorted((a, b) => a.partition - b.partition)
      return offsets?.map(({ offset }) => Number(offset))
    }
    const reader = await fixture.read({ group })
    await reader.hasSeen(200)
    const ends = await fixture.log.ends(fixture.topic)
    await waitFor(async () => `${await committed()}` === `${ends}`, { what: 'the commit' })
    await fixture.log.append(fixture.topic, numbered(200, 300))
    await reader.hasSeen(300)
    await reader.consumption[Symbol.asyncDispose]()
    expect(await committed()).toEqual([...(await fixture.log.ends(fixture.topic))])
  })

  alsoOnDenoAndNode(import.meta.filename, { only: /librdkafka|transactions/ })
})
