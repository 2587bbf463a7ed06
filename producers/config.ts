import process from 'node:process'
import { openEventLog } from '@marquee/event-log/open'
import type { EventLog } from '@marquee/event-log/port'
import { readEventLogConfig } from '@marquee/service/flags/event-log'
import { type EventLogNames, readEventLogNames } from '@marquee/service/flags/event-log-names'
import { readFlags } from '@marquee/service/flags/flags'
import { pino } from 'pino'

/** Default addresses: from the environment, or those of `bun start`. */
export const defaults = {
  metadataUrl: process.env.METADATA_URL ?? 'http://localhost:8081',
  ratingUrl: process.env.RATING_URL ?? 'http://localhost:8082',
  eventLog: process.env.KAFKA_BROKERS
    ? `Kafka at ${process.env.KAFKA_BROKERS}`
    : (process.env.EVENT_LOG ?? 'data/events.db'),
}

/** Flags of programs that use the event log. */
export const eventLogFlags = {
  'event-log': { type: 'string' },
  'event-log-topic': { type: 'string' },
  'event-log-dead-letter-topic': { type: 'string' },
} as const

/** Help text of these flags. */
export const eventLogHelp = `--event-log PATH  the embedded event log (${defaults.eventLog})
  --event-log-topic NAME, --event-log-dead-letter-topic NAME
                    topics of the rating service (ratings, ratings.dlq)`

/**
 * Returns the topic names from the flags, or from the same environment variables that the services
 * read.
 */
export function readTopics(
  values: { readonly [Flag in keyof typeof eventLogFlags]?: string | undefined },
): Pick<EventLogNames, 'topic' | 'deadLetterTopic'> {
  const names = ['event-log-topic', 'event-log-dead-letter-topic'] as const
  const args = names.flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}`, values[name]],
  )
  const flags = readFlags('', { args, env: process.env })
  const topics = readEventLogNames(flags)
  flags.finish()
  return topics
}

/**
 * Opens the embedded event log at the path. Without a path, opens the event log that the
 * environment configures for the services (`KAFKA_BROKERS` or `EVENT_LOG`).
 */
export function openEventLogAt(path: string | undefined): Promise<EventLog> {
  const source = path === undefined ? { args: [], env: process.env } : { args: [], env: {} }
  const flags = readFlags('', source)
  const config = readEventLogConfig(flags, 'data')
  flags.finish()
  // The program prints permanent errors itself.
  const log = pino({ level: 'silent' })
  return openEventLog(path === undefined ? config : { ...config, kind: 'embedded', path }, log)
}
