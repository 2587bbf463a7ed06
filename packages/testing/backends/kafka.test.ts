import { expect, test } from 'bun:test'
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { describeWith } from '../requirements.ts'
import { startKafka } from './kafka.ts'
import { identify } from './processes.ts'
import { serverPorts } from './server-ports.ts'
import { installed } from './shared.ts'

/** A broker takes seconds to start, twice, and up to a minute each on a busy machine. */
const timeoutMs = 150_000

function client(address: string, config: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, ...config })
}

/** Returns the values that a new consumer group reads, up to the count. */
async function readValues(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: 'reader' })
  const values: string[] = []
  const { promise: done, resolve } = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    async eachMessage({ message }) {
      values.push(String(message.value))
      if (values.length === count) resolve()
    },
  })
  await done
  await consumer.disconnect()
  return values
}

describeWith(installed('kafka'), 'a Kafka that a test starts', () => {
  test(
    'a Kafka keeps its topics and messages after a kill and a restart',
    async () => {
      await using broker = await startKafka()
      const kafka = client(broker.address)
      const admin = kafka.admin()
      await admin.connect()
      await admin.createTopics({
        topics: [{ topic: 'kept', numPartitions: 3 }],
        waitForLeaders: true,
      })
      await admin.disconnect()
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({ topic: 'kept', messages: [{ value: 'one' }, { value: 'two' }] })
      await producer.disconnect()

      const pid = broker.pid ?? 0
      expect(identify(pid)).toBeDefined()
      await broker.kill()
      expect(identify(pid)).toBeUndefined()
      expect(broker.pid).toBeUndefined()
      await broker.start()

      expect((await readValues(kafka, 'kept', 2)).toSorted()).toEqual(['one', 'two'])
    },
    timeoutMs,
  )

  test(
    'a Kafka creates no topic automatically, and requires a password when configured',
    async () => {
      const [port = 0] = await serverPorts(1)
      const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
      await using _ = await startKafka({
        listeners: { SASL_PLAINTEXT: port },
        properties: {
          'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
          'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config': scram,
        },
        formatArgs: ['--add-scram', 'SCRAM-SHA-256=[name=alice,password=secret]'],
      })
      const admin = (password: string) =>
        client(`127.0.0.1:${port}`, {
          sasl: { mechanism: 'scram-sha-256', username: 'alice', password },
          retry: { retries: 0 },
        }).admin()

      await expect(admin('wrong').connect()).rejects.toThrow(/authentication/i)
      const alice = admin('secret')
      await alice.connect()
      const refusal = alice.fetchTopicMetadata({ topics: ['absent'] })
      await expect(refusal).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' })
      await alice.disconnect()
    },
    timeoutMs,
  )
})
