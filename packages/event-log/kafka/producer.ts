import type { Kafka, Message, Producer } from 'kafkajs'
import type { NewRecord } from '../port.ts'
import { RecordTooLargeError } from '../port.ts'
import { bytesOfHeaders } from '../record-headers.ts'
import { toBuffer, toKafkaHeaders } from './headers.ts'
import { createKafkaPartitioner } from './partitioner.ts'
import type { Topics } from './topics.ts'

/**
 * How many records, and how many bytes of them, one request carries at most: brokers take batches of 1 MiB
 * (`message.max.bytes`), whose framing needs some.
 */
const requestCountMax = 5_000
const requestBytesMax = 900_000
/** What a record costs besides its key, value and headers, in bytes, at most. */
const recordOverheadBytes = 70
/** How often a request is repeated: some 10 s together. */
const retry = { initialRetryTime: 200, maxRetryTime: 3_000, retries: 6 }

/** Appends records, one request at a time, so that they stay in order. */
export interface KafkaAppender extends AsyncDisposable {
  append(topic: string, records: readonly NewRecord[]): Promise<void>
}

/**
 * An idempotent producer that waits for all replicas in sync (`acks=all`), so that a repeated request appends once. After
 * a request that failed for good its numbering is of no use any more (KIP-98), and another producer takes its place.
 */
export function createKafkaAppender(kafka: Kafka, topics: Topics): KafkaAppender {
  let current: Promise<Producer> | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function open(): Promise<Producer> {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: createKafkaPartitioner,
      retry,
    })
    await producer.connect()
    return producer
  }

  async function send(topic: string, messages: Message[]): Promise<void> {
    current ??= open()
    const opened = current
    try {
      await (await opened).send({ topic, messages, acks: -1 })
    } catch (error) {
      current = undefined
      topics.note(topic, error)
      await opened.then((producer) => producer.disconnect()).catch(() => {})
      throw translate(topic, error as Error)
    }
  }

  async function sendAll(topic: string, records: readonly NewRecord[]): Promise<void> {
    await topics.ensure(topic)
    for (const messages of inRequests(records)) await send(topic, messages)
  }

  return {
    append(topic, records) {
      const sent = last.then(() => sendAll(topic, records))
      last = sent.catch(() => {})
      return sent
    },
    async [Symbol.asyncDispose]() {
      await last
      const producer = await current?.catch(() => undefined)
      await producer?.disconnect()
    },
  }
}

function* inRequests(records: readonly NewRecord[]): Generator<Message[]> {
  let messages: Message[] = []
  let bytes = 0
  for (const record of records) {
    const size = sizeOf(record)
    const isFull = messages.length >= requestCountMax || bytes + size > requestBytesMax
    if (isFull && messages.length > 0) {
      yield messages
      messages = []
      bytes = 0
    }
    messages.push(toMessage(record))
    bytes += size
  }
  if (messages.length > 0) yield messages
}

function toMessage({ key, value, headers }: NewRecord): Message {
  const own = { key: typeof key === 'string' ? key : toBuffer(key), value: toBuffer(value) }
  return headers === undefined ? own : { ...own, headers: toKafkaHeaders(headers) }
}

function sizeOf({ key, value, headers = [] }: NewRecord): number {
  const keyBytes = key === null ? 0 : Buffer.byteLength(key)
  return recordOverheadBytes + keyBytes + (value?.length ?? 0) + bytesOfHeaders(headers)
}

function translate(topic: string, error: Error & { type?: string }): Error {
  const isTooLarge = error.type === 'MESSAGE_TOO_LARGE' || /larger than the max/.test(error.message)
  const message = `cannot append to the topic "${topic}": ${error.message}`
  return isTooLarge
    ? new RecordTooLargeError(message, { cause: error })
    : new Error(message, { cause: error })
}
