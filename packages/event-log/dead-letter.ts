import {
  type EventLog,
  type LogRecord,
  type NewRecord,
  type RecordHeader,
  RecordTooLargeError,
} from './port.ts'
import { textHeader, textOfHeader } from './record-headers.ts'

/**
 * What a dead letter says of itself, in headers after the event's own. An event may have headers of the same names: ours are
 * the last ones, from the reason on.
 */
export const deadLetterHeaders = {
  /** Why the record could not be handled. */
  reason: 'dead-letter-reason',
  topic: 'dead-letter-topic',
  partition: 'dead-letter-partition',
  offset: 'dead-letter-offset',
  /** How many bytes the value had, where it was too large to be kept: it is still at its source. */
  omitted: 'dead-letter-omitted-bytes',
} as const

/** The names of earlier versions of this program, which replaced the event's own headers of these names. */
const formerHeaders = {
  reason: 'reason',
  topic: 'source-topic',
  partition: 'source-partition',
  offset: 'source-offset',
  omitted: 'value-omitted-bytes',
} as const

type OwnName = keyof typeof deadLetterHeaders
type OwnNames = Readonly<Record<OwnName, string>>

/** A dead letter's headers: what they say of it, as text, and those that the event had. */
export interface DeadLetterHeaders {
  readonly own: Readonly<Partial<Record<OwnName, string>>>
  readonly original: readonly RecordHeader[]
}

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
  const own = [
    textHeader(deadLetterHeaders.reason, reason),
    textHeader(deadLetterHeaders.topic, topic),
    textHeader(deadLetterHeaders.partition, String(partition)),
    textHeader(deadLetterHeaders.offset, String(record.offset)),
  ]
  return { key, value, headers: [...headers, ...own] }
}

/** Takes a dead letter's own headers from those of the event. What others wrote to the topic may have none. */
export function splitDeadLetter(headers: readonly RecordHeader[]): DeadLetterHeaders {
  const start = headers.findLastIndex(({ name }) => name === deadLetterHeaders.reason)
  if (start < 0) return splitFormer(headers)
  return {
    own: readOwn(headers.slice(start), deadLetterHeaders),
    original: headers.slice(0, start),
  }
}

function splitFormer(headers: readonly RecordHeader[]): DeadLetterHeaders {
  const names: readonly string[] = Object.values(formerHeaders)
  const original = headers.filter(({ name }) => !names.includes(name))
  return { own: readOwn(headers, formerHeaders), original }
}

function readOwn(headers: readonly RecordHeader[], names: OwnNames): DeadLetterHeaders['own'] {
  const own: Partial<Record<OwnName, string>> = {}
  for (const [key, wanted] of Object.entries(names) as [OwnName, string][]) {
    const header = headers.findLast(({ name }) => name === wanted)
    if (header) own[key] = textOfHeader(header)
  }
  return own
}

/** The record as it was before it was put aside, or undefined when its value is not here. */
export function fromDeadLetter({ key, value, headers }: LogRecord): NewRecord | undefined {
  const { own, original } = splitDeadLetter(headers)
  return own.omitted === undefined ? { key, value, headers: original } : undefined
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
  const bare = { ...refused.record, key: null, value: null, headers: [] }
  const { key, value, headers = [] } = toDeadLetter({ ...refused, record: bare })
  const bytes = String(refused.record.value?.length ?? 0)
  return { key, value, headers: [...headers, textHeader(deadLetterHeaders.omitted, bytes)] }
}
