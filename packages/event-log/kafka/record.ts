import type { KafkaMessage } from 'kafkajs'
import type { LogRecord } from '../port.ts'
import { fromKafkaHeaders } from './headers.ts'

/** Converts a message of kafkajs. */
export function toRecord({ offset, key, value, headers, timestamp }: KafkaMessage): LogRecord {
  return {
    offset: Number(offset),
    key,
    value,
    headers: fromKafkaHeaders(headers),
    timestampMs: Number(timestamp),
  }
}
