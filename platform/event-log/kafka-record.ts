import type { KafkaMessage } from 'kafkajs'
import type { LogRecord } from './port.ts'

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})
const noBytes = new Uint8Array()

/** A record as kafkajs has it in our words. */
export function toRecord({ offset, key, value, headers, timestamp }: KafkaMessage): LogRecord {
  return {
    offset: Number(offset),
    key: key?.toString() ?? '',
    value: value ?? noBytes,
    headers: toHeaders(headers),
    timestampMs: Number(timestamp),
  }
}

/** Of a header that is there twice, the last counts. */
function toHeaders(headers: KafkaMessage['headers'] = {}): Readonly<Record<string, string>> {
  const names = Object.keys(headers)
  if (names.length === 0) return noHeaders
  return Object.fromEntries(
    names.map((name) => [name, [headers[name] ?? ''].flat().at(-1)?.toString() ?? '']),
  )
}
