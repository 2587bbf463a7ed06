import { parseTime } from './rated-time.ts'
import type { RatingChange } from './rating.ts'
import { describeScale } from './scale.ts'
import type { Scoring } from './scoring.ts'

/** Reason why an event is refused, as advice for its producer. */
export interface Refusal {
  readonly kind: 'refused'
  readonly reason: string
}

const eventBytesMax = 64 * 1024
const idLengthMax = 128
const recordTypeLengthMax = 64
const noteLengthMax = 128
/**
 * Matches visible characters. The contract names the ASCII white space, which is the space and
 * control characters.
 */
const visible = /^[^ \p{Cc}]+$/u
const decoder = new TextDecoder('utf-8', { fatal: true })

type Fields = Readonly<Record<string, unknown>>

/**
 * Decodes a rating event from JSON, by the rules of `rating.v1.RatingEvent`
 * (proto/rating/v1/rating_event.proto). It does not use protobuf, because every event passes here.
 * It accepts only names in camel case, and a value only as a JSON number. It ignores unknown fields.
 *
 * @param scoringOf Returns the scoring of a record type, whose scale has the value.
 */
export function decodeRatingEvent(
  bytes: Uint8Array,
  scoringOf: (recordType: string) => Scoring,
): RatingChange | Refusal {
  const event = parse(bytes)
  if (typeof event === 'string') return refused(event)
  const userId = readId(event, 'userId', idLengthMax)
  if (typeof userId === 'object') return userId
  const recordId = readId(event, 'recordId', idLengthMax)
  if (typeof recordId === 'object') return recordId
  const recordType = readId(event, 'recordType', recordTypeLengthMax)
  if (typeof recordType === 'object') return recordType
  const problem = problemOfNotes(event)
  if (problem !== undefined) return refused(problem)
  const ratedTimeMs = readTime(event)
  if (typeof ratedTimeMs === 'object') return ratedTimeMs

  const { eventType, value } = event
  if (eventType === 'delete') return { kind: 'delete', userId, recordId, recordType }
  if (eventType !== 'put') return refused('eventType must be "put" or "delete"')
  const { scale } = scoringOf(recordType)
  if (typeof value !== 'number' || scale.stepOf(value) === undefined) {
    return refused(`value must be ${describeScale(scale)}, without quotes`)
  }
  return { kind: 'put', userId, recordId, recordType, value, ratedTimeMs }
}

function refused(reason: string): Refusal {
  return { kind: 'refused', reason }
}

/** Parses the event. Returns its fields, or the reason of a refusal. */
function parse(bytes: Uint8Array): Fields | string {
  if (bytes.length > eventBytesMax) {
    return `the event has ${bytes.length} bytes; it must have at most ${eventBytesMax}`
  }
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return 'the event must be UTF-8 text'
  }
  try {
    const event: unknown = JSON.parse(text)
    if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event as Fields
  } catch {
    return 'the event must be well-formed JSON'
  }
  return 'the event must be a JSON object'
}

function readId(event: Fields, name: string, lengthMax: number): string | Refusal {
  const id = event[name]
  if (id === undefined || id === null || id === '') return refused(`${name} is missing`)
  if (typeof id !== 'string') return refused(`${name} must be a string, in quotes`)
  if (isLonger(id, lengthMax)) return refused(`${name} must have at most ${lengthMax} characters`)
  if (!visible.test(id)) return refused(`${name} must be without spaces and control characters`)
  if (!id.isWellFormed()) return refused(`${name} must be without half of a surrogate pair`)
  return id
}

/** Returns the problem of the fields that only people read, if any. */
function problemOfNotes(event: Fields): string | undefined {
  for (const name of ['providerId', 'eventId']) {
    const note = event[name] ?? ''
    if (typeof note !== 'string') return `${name} must be a string, in quotes`
    if (isLonger(note, noteLengthMax))
      return `${name} must have at most ${noteLengthMax} characters`
  }
  return undefined
}

/** Returns when the user rated, or `undefined` when the event does not say. */
function readTime({ eventTime }: Fields): number | undefined | Refusal {
  if (eventTime === undefined || eventTime === null) return undefined
  const timeMs = typeof eventTime === 'string' ? parseTime(eventTime) : undefined
  return timeMs ?? refused('eventTime must be a time such as "2026-11-05T18:30:00Z"')
}

/** Returns whether the text has more characters (code points) than the maximum. */
function isLonger(text: string, lengthMax: number): boolean {
  // A code point has one or two code units.
  if (text.length <= lengthMax) return false
  return text.length > 2 * lengthMax || [...text].length > lengthMax
}
