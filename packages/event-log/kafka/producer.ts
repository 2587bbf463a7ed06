import type { Kafka, Message, Producer } from 'kafkajs'
import type { NewRecord } from '../port.ts'
import { RecordTooLargeError, RecordWithoutKeyError } from '../port.ts'
import { bytesOfHeaders } from '../record-headers.ts'
import { toBuffer, toKafkaHeaders } from './headers.ts'
import { createKafkaPartitioner } from './partitioner.ts'
import type { Topics } from './topics.ts'

/**
 * Maximum number and total size of the records in one request. Brokers accept batches of 1 MiB
 * (`message.max.bytes`), including their framing.
 */
const requestCountMax = 5_000
const requestBytesMax = 900_000
/** Upper bound of what a record takes besides its key, value and headers, in bytes. */
const recordOverheadBytes = 70
/** Retries of a request, some 10 s in total. */
const retry = { initialRetryTime: 200, maxRetryTime: 3_000, retries: 6 }

/** Appends records, one request at a time, so that they stay in order. */
export interface KafkaAppender extends AsyncDisposable {
  append(topic: string, records: readonly NewRecord[]): Promise<void>
}

/**
 * Creates an idempotent producer that waits for all replicas in sync (`acks=all`), so that a
 * repeated request appends once. After a request failed permanently, its sequence numbers are no
 * longer valid (KIP-98), and a new producer replaces it.
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
      topics.reportFailure(topic, error)
      await opened.then((producer) => producer.disconnect()).catch(() => {})
      throw translate(topic, error as Error)
    }
  }

  async function sendAll(topic: string, records: readonly NewRecord[]): Promise<void> {
    await topics.ensure(topic)
    for (const messages of splitIntoRequests(records)) await send(topic, messages)
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

function* splitIntoRequests(records: readonly NewRecord[]): Generator<Message[]> {
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
  if (error.type === 'INVALID_RECORD') {
    const reason = `${message}: a record of a compacted topic needs a key`
    return new RecordWithoutKeyError(reason, { cause: error })
  }
  return isTooLarge
    ? new RecordTooLargeError(message, { cause: error })
    : new Error(message, { cause: error })
}
