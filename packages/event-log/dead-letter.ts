import {
  type EventLog,
  type LogRecord,
  type NewRecord,
  type RecordHeader,
  RecordTooLargeError,
} from './port.ts'
import { textHeader, textOfHeader } from './record-headers.ts'

/**
 * Headers that a dead letter adds after the headers of its event. An event may have headers of the
 * same names: ours are the last ones, from `reason` on.
 */
export const deadLetterHeaders = {
  /** Reason why the record could not be handled. */
  reason: 'dead-letter-reason',
  topic: 'dead-letter-topic',
  partition: 'dead-letter-partition',
  offset: 'dead-letter-offset',
  /** Size of a value that was too large to include, in bytes. The value is still at its source. */
  omitted: 'dead-letter-omitted-bytes',
} as const

/**
 * Names in earlier versions of this program, which replaced headers of the event with these names.
 */
const formerHeaders = {
  reason: 'reason',
  topic: 'source-topic',
  partition: 'source-partition',
  offset: 'source-offset',
  omitted: 'value-omitted-bytes',
} as const

type OwnName = keyof typeof deadLetterHeaders
type OwnNames = Readonly<Record<OwnName, string>>

/** Headers of a dead letter: its own, as text, and those of the event. */
export interface DeadLetterHeaders {
  readonly own: Readonly<Partial<Record<OwnName, string>>>
  readonly original: readonly RecordHeader[]
}

/** A record that could not be handled: where it was read, and the reason. */
export interface RejectedRecord {
  readonly topic: string
  readonly partition: number
  readonly record: LogRecord
  readonly reason: string
}

/**
 * Returns the record with its key, value and headers unchanged, followed by headers with its source
 * and the reason.
 */
export function toDeadLetter({ topic, partition, record, reason }: RejectedRecord): NewRecord {
  const { key, value, headers } = record
  const own = [
    textHeader(deadLetterHeaders.reason, reason),
    textHeader(deadLetterHeaders.topic, topic),
    textHeader(deadLetterHeaders.partition, String(partition)),
    textHeader(deadLetterHeaders.offset, String(record.offset)),
  ]
  return { key, value, headers: [...headers, ...own] }
}

/**
 * Separates a dead letter's own headers from those of the event. A record that others wrote to the
 * topic may have no own headers.
 */
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
  for (const [key, headerName] of Object.entries(names) as [OwnName, string][]) {
    const header = headers.findLast(({ name }) => name === headerName)
    if (header) own[key] = textOfHeader(header)
  }
  return own
}

/**
 * Returns the record as it was before it became a dead letter. `undefined` when the value is not
 * included.
 */
export function fromDeadLetter({ key, value, headers }: LogRecord): NewRecord | undefined {
  const { own, original } = splitDeadLetter(headers)
  return own.omitted === undefined ? { key, value, headers: original } : undefined
}

/**
 * Appends dead letters, each at least once. A dead letter that is too large for the log because of
 * its headers is appended without the event's key, value and headers. If it were not appended, it
 * would block all records that follow.
 */
export async function appendDeadLetters(
  eventLog: Pick<EventLog, 'append'>,
  topic: string,
  rejected: readonly RejectedRecord[],
): Promise<void> {
  const isAppended = await tryAppend(eventLog, topic, rejected.map(toDeadLetter))
  if (isAppended) return
  for (const one of rejected) {
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

function withoutContent(rejected: RejectedRecord): NewRecord {
  const emptied = { ...rejected.record, key: null, value: null, headers: [] }
  const { key, value, headers = [] } = toDeadLetter({ ...rejected, record: emptied })
  const bytes = String(rejected.record.value?.length ?? 0)
  return { key, value, headers: [...headers, textHeader(deadLetterHeaders.omitted, bytes)] }
}
