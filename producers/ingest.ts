import type { EventLog, NewRecord } from '@marquee/event-log/port'
import { type Input, inParts, peek } from './input.ts'
import { type Element, readJsonArray } from './json-array.ts'
import { type Line, readLines } from './lines.ts'
import { formatCount, type Summary } from './summary.ts'
import { notUtf8 } from './utf8.ts'

/** Maximum number of events in one append. */
const appendSizeMax = 5_000
/** Maximum size of an event, in bytes. A typical one has about 120. */
const eventBytesMax = 256 * 1024

const tooLong = `it is longer than ${formatCount(eventBytesMax)} bytes`
const faults = { 'too long': tooLong, 'not UTF-8': notUtf8 }
const encoder = new TextEncoder()

export interface IngestOptions {
  readonly source: Pick<Input, 'name' | 'chunks'>
  readonly eventLog: Pick<EventLog, 'append'>
  readonly topic: string
  /** Provider id for events that have none. `undefined` leaves them without. */
  readonly provider: string | undefined
  readonly summary: Summary
  /** Called after each append. */
  onProgress(): void
  readonly signal: AbortSignal
}

/**
 * Appends rating events to the topic byte for byte: a JSON array, or one event per line. Refuses
 * only what is not a JSON object. The rating service validates the events.
 */
export async function ingestRatings(options: IngestOptions): Promise<void> {
  const events = await readEvents(options.source)
  for await (const part of inParts(events, appendSizeMax, options.signal)) {
    await appendPart(part, options)
    options.onProgress()
  }
}

async function appendPart(part: readonly Element[], options: IngestOptions): Promise<void> {
  const { eventLog, topic, provider, summary } = options
  const records: NewRecord[] = []
  for (const event of part) {
    const record = toRecord(event, provider)
    if (typeof record === 'string') summary.refuse(event.where, record)
    else records.push(record)
  }
  summary.count('read', part.length)
  if (records.length > 0) await eventLog.append(topic, records)
  summary.count('appended', records.length)
}

/** Returns the record of an event, or the reason why there is none. */
function toRecord({ text, fault }: Element, provider: string | undefined): NewRecord | string {
  if (text === undefined) return fault
  const value = parseJson(text)
  if (value === undefined) return 'it is not JSON'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'it is not a JSON object'
  }
  const { recordId, providerId } = value as Record<string, unknown>
  const isNamed = provider === undefined || providerId !== undefined
  const bytes = encoder.encode(isNamed ? text : withProvider(text, provider))
  if (bytes.length > eventBytesMax) return tooLong
  return { key: typeof recordId === 'string' ? recordId : '', value: bytes }
}

/**
 * Adds a member to the text of a JSON object. Parsing and serialising it would round its numbers.
 */
function withProvider(object: string, provider: string): string {
  const open = object.slice(0, object.lastIndexOf('}')).trimEnd()
  const separator = open.endsWith('{') ? '' : ','
  return `${open}${separator}"providerId":${JSON.stringify(provider)}}`
}

async function readEvents({ name, chunks }: IngestOptions['source']) {
  const start = await peek(chunks, (head) => firstCharacter(head) !== '')
  return firstCharacter(start.head) === '['
    ? readJsonArray({ name, chunks: start.chunks }, eventBytesMax)
    : eventsOfLines(readLines(start.chunks))
}

async function* eventsOfLines(batches: AsyncIterable<Line[]>): AsyncGenerator<Element[]> {
  for await (const lines of batches) {
    yield lines.map(({ number, text, fault }) => {
      const where = `line ${number}`
      return text === undefined ? { where, fault: faults[fault] } : { where, text }
    })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns the first character of a JSON text. A byte order mark counts as white space. */
function firstCharacter(head: Uint8Array): string {
  return new TextDecoder().decode(head).trimStart().slice(0, 1)
}
