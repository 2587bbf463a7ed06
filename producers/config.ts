import process from 'node:process'
import { pino } from 'pino'
import { openEventLog } from '../platform/event-log/open.ts'
import type { EventLog } from '../platform/event-log/port.ts'
import { readEventLogSettings } from '../platform/event-log/settings.ts'
import { readSettings } from '../platform/process/settings.ts'

/** Where things are when no flag says otherwise: as the environment says, or as `bun start` has them. */
export const defaults = {
  metadataUrl: process.env.METADATA_URL ?? 'http://localhost:8081',
  ratingUrl: process.env.RATING_URL ?? 'http://localhost:8082',
  eventLog: process.env.KAFKA_BROKERS
    ? `Kafka at ${process.env.KAFKA_BROKERS}`
    : (process.env.EVENT_LOG ?? 'data/events.db'),
}

/** The topic of rating events (proto/rating/v1/rating_event.proto). */
export const ratingsTopic = 'ratings'

/** The topic of events that could not be applied. */
export const deadLetterTopic = 'ratings.dlq'

/**
 * Opens the embedded event log at a path; without one, the log that the environment names for the services too
 * (`KAFKA_BROKERS` and so on, or `EVENT_LOG`).
 */
export function openEventLogAt(path: string | undefined): Promise<EventLog> {
  const source = path === undefined ? { args: [], env: process.env } : { args: [], env: {} }
  const settings = readSettings('', source)
  const config = readEventLogSettings(settings, 'data')
  settings.finish()
  // What goes wrong for good, the program tells in its own words.
  const log = pino({ level: 'silent' })
  return openEventLog(path === undefined ? config : { ...config, kind: 'embedded', path }, log)
}
