import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { backend } from '@marquee/testing/backends/shared'
import type { ReceivedSpan } from '@marquee/testing/otlp-collector'
import { spawnProgram } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { movieId, startTraced, type TracedServices } from './traced-services.ts'

const testTimeoutMs = 90_000
const rating = { userId: 'eve', recordId: movieId, recordType: 'movie', value: 5, eventType: 'put' }
const events = [rating, { ...rating, userId: 'adam' }, { ...rating, value: 'five' }]

test(
  'events are linked from their producer to ingestion, through the embedded log',
  async () => {
    await using services = await startTraced('bun')
    await produce(services, ['--event-log', services.eventLog])
    await expectLinked(services, 'embedded', 'ratings')
  },
  testTimeoutMs,
)

describeWith(backend('kafka'), 'with Kafka', (broker) => {
  test(
    'events are linked from their producer to ingestion',
    async () => {
      const topic = `traced-${crypto.randomUUID()}`
      const topics = ['--event-log-topic', topic, '--event-log-dead-letter-topic', `${topic}.dlq`]
      const kafka = ['--kafka-brokers', broker, '--event-log-group', topic]
      await using services = await startTraced('bun', ...kafka, ...topics)
      await produce(services, topics, { KAFKA_BROKERS: broker })
      await expectLinked(services, 'kafka', topic)
    },
    testTimeoutMs,
  )
})

/** Appends the events by a program of its own. */
async function produce(
  { collector }: TracedServices,
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'events.json')
  await writeFile(file, JSON.stringify(events))
  await using program = await spawnProgram({
    runtime: 'bun',
    entry: 'producers/ingest-ratings.ts',
    args: [...flags, file],
    env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  })
  expect(await program.exited).toEqual({ code: 0, signal: null })
}

async function expectLinked(
  { collector }: TracedServices,
  system: string,
  topic: string,
): Promise<void> {
  const spanOf = (name: string) =>
    waitFor(() => collector.spans.find((span) => span.name === name), { what: `a span ${name}` })
  const produced = await spanOf(`append ${topic}`)
  expect(produced).toMatchObject({
    service: 'ingest-ratings',
    kind: 'producer',
    attributes: attributesOf(system, topic, 'append', 'send', 3),
  })
  const applied = await spanOf(`process ${topic}`)
  expect(applied).toMatchObject({
    service: 'rating',
    kind: 'consumer',
    parentSpanId: '',
    isError: false,
    links: [linkTo(produced)],
    attributes: attributesOf(system, topic, 'process', 'process', 3),
  })
  // The dead letter keeps the trace of its event.
  const refused = await spanOf(`append ${topic}.dlq`)
  expect(refused).toMatchObject({ service: 'rating', links: [linkTo(produced)] })
}

function attributesOf(system: string, topic: string, name: string, type: string, count: number) {
  return {
    'messaging.system': system,
    'messaging.destination.name': topic,
    'messaging.operation.name': name,
    'messaging.operation.type': type,
    'messaging.batch.message_count': count,
  }
}

function linkTo({ traceId, spanId }: ReceivedSpan) {
  return { traceId, spanId }
}
