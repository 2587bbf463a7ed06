import { fromJsonString, toJsonString } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { LogRecord, NewRecord } from '@marquee/event-log/port'
import { AggregatedRatingSchema, RatingSchema } from '../../../gen/rating/v1/rating_pb.ts'
import { stateMessage } from '../aggregate-message.ts'
import type { AggregateState, RecordRef, WriteStamp } from '../rating.ts'
import type { Scoring } from '../scoring.ts'
import type { RatingState } from '../store/outbox.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Header of a tombstone: the revision of the delete, as decimal text. */
const revisionHeader = 'revision'

/** Header of a tombstone: the time of the delete, in milliseconds since the Unix epoch. */
const timeHeader = 'update-time-ms'

/**
 * Returns the record of a rating for the topic of changes. The key is the JSON array of record type,
 * record id and user id. The value is the JSON form of `rating.v1.Rating` without its etag, or a
 * tombstone when the rating is deleted.
 */
export function ratingRecord(state: RatingState): NewRecord {
  const { recordType, recordId, userId, value, ratedTimeMs, revision, updateTimeMs } = state
  const key = ratingKey(state)
  if (value === undefined) {
    const headers = [
      { name: revisionHeader, value: encoder.encode(`${revision}`) },
      { name: timeHeader, value: encoder.encode(`${updateTimeMs}`) },
    ]
    return { key, value: null, headers }
  }
  // Without protobuf, because every change passes here. Kafka's client takes a Buffer as it is.
  const updateTime = new Date(updateTimeMs).toISOString()
  const ratedTime = ratedTimeMs === undefined ? undefined : new Date(ratedTimeMs).toISOString()
  const stamp = { updateTime, revision: `${revision}` }
  const rating = { recordId, recordType, userId, value, ...stamp, ratedTime }
  return { key, value: Buffer.from(JSON.stringify(rating)) }
}

/** Returns the key of a rating in the topic of changes. */
export function ratingKey({
  recordType,
  recordId,
  userId,
}: RecordRef & { userId: string }): string {
  return JSON.stringify([recordType, recordId, userId])
}

/**
 * Returns the record of an aggregate for the topic of aggregates. The key is the JSON array of
 * record type and record id. The value is the JSON form of `rating.v1.AggregatedRating`. A record
 * that nobody rates any more has a count of 0.
 */
export function aggregateRecord(state: AggregateState, scoring: Scoring): NewRecord {
  const key = JSON.stringify([state.recordType, state.recordId])
  const value = toJsonString(AggregatedRatingSchema, stateMessage(state, scoring))
  return { key, value: encoder.encode(value) }
}

/** Decodes a record of the topic of changes. Throws a RangeError that names its offset. */
export function decodeRating(record: LogRecord): RatingState {
  return decodeAt(record, () => {
    const [recordType, recordId, userId] = decodeKey(record, 3)
    const name = { recordType, recordId, userId } as Pick<
      RatingState,
      'recordType' | 'recordId' | 'userId'
    >
    if (record.value === null) return { ...name, value: undefined, ...tombstoneStamp(record) }
    const rating = fromJsonString(RatingSchema, textOf(record.value))
    const { value, revision, updateTime, ratedTime } = rating
    if (value === undefined || updateTime === undefined) throw new Error('it is incomplete')
    const ratedTimeMs = ratedTime && timestampMs(ratedTime)
    const stamp = { revision: Number(revision), updateTimeMs: timestampMs(updateTime) }
    return { ...name, value, ratedTimeMs, ...stamp }
  })
}

/** Aggregate in the topic of aggregates, as far as a rebuilt store needs it. */
export interface PublishedAggregate extends RecordRef, WriteStamp {
  readonly histogram: readonly number[]
}

/** Decodes a record of the topic of aggregates. Throws a RangeError that names its offset. */
export function decodeAggregate(record: LogRecord): PublishedAggregate {
  return decodeAt(record, () => {
    const [recordType, recordId] = decodeKey(record, 2) as [string, string]
    const found = fromJsonString(AggregatedRatingSchema, textOf(record.value))
    if (found.updateTime === undefined) throw new Error('it is incomplete')
    const stamp = { revision: Number(found.revision), updateTimeMs: timestampMs(found.updateTime) }
    return { recordType, recordId, histogram: found.histogram.map(Number), ...stamp }
  })
}

function decodeAt<T>(record: LogRecord, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    const reason = (cause as Error).message
    throw new RangeError(`the record at offset ${record.offset} cannot be read: ${reason}`, {
      cause,
    })
  }
}

function decodeKey({ key }: LogRecord, length: number): string[] {
  const parts: unknown = JSON.parse(textOf(key))
  const isKey = Array.isArray(parts) && parts.length === length
  if (isKey && parts.every((part) => typeof part === 'string')) return parts
  throw new Error('its key is another one')
}

function textOf(bytes: Uint8Array | null): string {
  if (bytes === null) throw new Error('it is empty')
  return decoder.decode(bytes)
}

function tombstoneStamp({ headers }: LogRecord): WriteStamp {
  const numberOf = (name: string) =>
    Number(textOf(headers.find((header) => header.name === name)?.value ?? null))
  const stamp = { revision: numberOf(revisionHeader), updateTimeMs: numberOf(timeHeader) }
  if (Number.isSafeInteger(stamp.revision) && Number.isSafeInteger(stamp.updateTimeMs)) return stamp
  throw new Error('its headers are no numbers')
}
