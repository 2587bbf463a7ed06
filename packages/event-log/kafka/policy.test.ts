import { expect, test } from 'bun:test'
import { backend } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith } from '@marquee/testing/requirements'
import { Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import { uniqueTopic } from '../contract/fixture.ts'
import { createKafkaEventLog } from './kafka.ts'

describeWith(backend('kafka'), 'policies of topics in Kafka', (address) => {
  alsoOnDenoAndNode(import.meta.filename)

  test('a policy that is changed leaves the other configurations of the topic', async () => {
    await using bench = await openBench(address, [
      { name: 'segment.ms', value: '123456789' },
      { name: 'max.compaction.lag.ms', value: '86400000' },
    ])
    await bench.log.ensureTopic(bench.topic, { cleanup: 'compact' })
    expect(await bench.configured('cleanup.policy')).toBe('compact')
    expect(await bench.configured('segment.ms')).toBe('123456789')
    expect(await bench.log.retention(bench.topic)).toEqual({
      cleanup: 'compact',
      retentionMs: undefined,
      compactionLagMaxMs: 86_400_000,
      deleteRetentionMs: 86_400_000,
    })
  })

  test('an operator may combine both policies', async () => {
    await using bench = await openBench(address, [
      { name: 'cleanup.policy', value: 'compact,delete' },
      { name: 'retention.ms', value: '-1' },
    ])
    for (const cleanup of ['compact', 'delete'] as const) {
      await bench.log.ensureTopic(bench.topic, { cleanup })
    }
    expect(await bench.configured('cleanup.policy')).toBe('compact,delete')
    expect(await bench.log.retention(bench.topic)).toEqual({
      cleanup: 'compact,delete',
      retentionMs: undefined,
      compactionLagMaxMs: undefined,
      deleteRetentionMs: 86_400_000,
    })
  })
})

/** Opens a log and a topic that an operator has created. */
async function openBench(address: string, configEntries: { name: string; value: string }[]) {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  const topic = uniqueTopic()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
  const silent = pino({ level: 'silent' })
  const log = await createKafkaEventLog({ brokers: [address], partitions: 1, log: silent })
  return {
    log,
    topic,
    async configured(name: string) {
      const resource = { type: 2, name: topic, configNames: [name] }
      const described = await admin.describeConfigs({
        resources: [resource],
        includeSynonyms: false,
      })
      return described.resources[0]?.configEntries[0]?.configValue
    },
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]()
      await admin.disconnect()
    },
  }
}
