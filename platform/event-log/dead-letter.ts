import { type EventLog, type LogRecord, type NewRecord, RecordTooLargeError } from './port.ts'

/** What a dead letter says of itself, in its headers. */
export const deadLetterHeaders = {
  /** Why the record could not be handled. */
  reason: 'reason',
  topic: 'source-topic',
  partition: 'source-partition',
  offset: 'source-offset',
  /** How many bytes the value had, where it was too large to be kept: it is still at its source. */
  omitted: 'value-omitted-bytes',
} as const

/** Where a record was read, and why it is put aside. */
export interface Refused {
  readonly topic: string
  readonly partition: number
  readonly record: LogRecord
  readonly reason: string
}

/** The record with its key, value and headers as they were, and headers that tell where it was and why it is here. */
export function toDeadLetter({ topic, partition, record, reason }: Refused): NewRecord {
  const { key, value, headers } = record
  const own = {
    [deadLetterHeaders.reason]: reason,
    [deadLetterHeaders.topic]: topic,
    [deadLetterHeaders.partition]: String(partition),
    [deadLetterHeaders.offset]: String(record.offset),
  }
  return { key, value, headers: { ...headers, ...own } }
}

/** The record as it was before it was put aside, or undefined when its value is not here. */
export function fromDeadLetter({ key, value, headers }: LogRecord): NewRecord | undefined {
  if (headers[deadLetterHeaders.omitted] !== undefined) return undefined
  const own: readonly string[] = Object.values(deadLetterHeaders)
  const others = Object.entries(headers).filter(([name]) => !own.includes(name))
  return { key, value, headers: Object.fromEntries(others) }
}

/**
 * Appends dead letters, each at least once. The headers may make one too large for the log: it goes without its value,
 * its key and the headers that it came with, because a record that cannot be put aside would hold up all that follow.
 */
export async function appendDeadLetters(
  eventLog: Pick<EventLog, 'append'>,
  topic: string,
  refused: readonly Refused[],
): Promise<void> {
  const isTaken = await tryAppend(eventLog, topic, refused.map(toDeadLetter))
  if (isTaken) return
  for (const one of refused) {
    if (await tryAppend(eventLog, topic, [toDeadLetter(one)])) continue
    await eventLog.append(topic, [withoutContent(one)])
  }
}

async function tryAppend(
  eventLog: Pick<EventLog, 'append'>,
  topic: string,
  records: readonly NewRecord[],
): Promise<boolean> {
  try {
    await eventLog.append(topic, records)
    return true
  } catch (error) {
    if (error instanceof RecordTooLargeError) return false
    throw error
  }
}

function withoutContent(refused: Refused): NewRecord {
  const bare = { ...refused.record, key: '', value: new Uint8Array(), headers: {} }
  const { key, value, headers } = toDeadLetter({ ...refused, record: bare })
  const omitted = { [deadLetterHeaders.omitted]: String(refused.record.value.length) }
  return { key, value, headers: { ...headers, ...omitted } }
}
