import type { KafkaMessage } from 'kafkajs'
import type { LogRecord } from '../port.ts'
import { fromKafkaHeaders } from './headers.ts'

/** A record as kafkajs has it in our words. */
export function toRecord({ offset, key, value, headers, timestamp }: KafkaMessage): LogRecord {
  return {
    offset: Number(offset),
    key,
    value,
    headers: fromKafkaHeaders(headers),
    timestampMs: Number(timestamp),
  }
}
