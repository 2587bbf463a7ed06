import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { splitDeadLetter } from '@marquee/event-log/dead-letter'
import type { RecordHeader } from '@marquee/event-log/port'
import { textOfHeader } from '@marquee/event-log/record-headers'
import { pageSizeOf } from '@marquee/service/rest/page-size'
import { decodePageToken, encodePageToken } from '@marquee/service/rest/page-token'
import type {
  DeadLetterSchema,
  DeadLetterService,
  EventHeaderSchema,
} from '../../gen/system/v1/system_pb.ts'
import type { DeadLetterHead, DeadLetterPosition, DeadLetters } from './dead-letters.ts'
import { withReason } from './reasons.ts'

/** Numbers of items in a page. */
const pageSizes = { ofDefault: 20, max: 100 }
const list = 'dead-letters'
const decoder = new TextDecoder()

/** Implements `system.v1.DeadLetterService` on the dead-letter topic. */
export function createDeadLetterRpc(deadLetters: DeadLetters) {
  return {
    async listDeadLetters({ pageSize, pageToken }) {
      const before = decodePageToken(pageToken, list, isPosition)
      const { letters, next } = await deadLetters.list(pageSizeOf(pageSize, pageSizes), before)
      const nextPageToken = next === undefined ? '' : encodePageToken(list, next)
      return { deadLetters: letters.map(toMessage), nextPageToken }
    },

    async getDeadLetter({ partition, offset }) {
      const found = await deadLetters.get(partition, Number(offset))
      if (found === undefined) {
        const text = `there is no dead letter at offset ${offset} of partition ${partition}`
        const error = new ConnectError(text, Code.NotFound)
        throw withReason(error, 'DEAD_LETTER_NOT_FOUND', { partition, offset })
      }
      const { value, headers } = found.record
      const deadLetter = toMessage({ ...found, valueBytes: value?.length })
      const texts = headers.map((header) => [header.name, textOfHeader(header)])
      return {
        deadLetter,
        value: value ?? new Uint8Array(),
        headers: Object.fromEntries(texts),
        eventHeaders: splitDeadLetter(headers).original.map(toEventHeader),
      }
    },
  } satisfies ServiceImpl<typeof DeadLetterService>
}

function toMessage({
  partition,
  record,
  valueBytes,
}: DeadLetterHead): MessageInitShape<typeof DeadLetterSchema> {
  const { offset, key, headers, timestampMs } = record
  const { own } = splitDeadLetter(headers)
  return {
    partition,
    offset: BigInt(offset),
    time: timestampFromMs(timestampMs),
    key: key === null ? '' : decoder.decode(key),
    ...(key !== null && { keyBytes: key }),
    reason: own.reason ?? '',
    sourceTopic: own.topic ?? '',
    sourcePartition: toWhole(own.partition, 2 ** 31 - 1),
    sourceOffset: BigInt(toWhole(own.offset)),
    valueBytes: BigInt(own.omitted === undefined ? (valueBytes ?? 0) : toWhole(own.omitted)),
    valueOmitted: own.omitted !== undefined,
    valueAbsent: own.omitted === undefined && valueBytes === undefined,
  }
}

function toEventHeader({ name, value }: RecordHeader): MessageInitShape<typeof EventHeaderSchema> {
  return { name, ...(value !== null && { value }) }
}

/**
 * Parses a number in a header. Anybody may write to the topic, so the result is 0 when the text is
 * not a number.
 */
function toWhole(text: string | undefined, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : 0
  return value <= max ? value : 0
}

function isPosition(value: unknown): value is DeadLetterPosition {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0)
}
