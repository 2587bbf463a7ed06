import process from 'node:process'
import { type EventLogConfig, openEventLog } from '@marquee/event-log/open'
import type { EventLog } from '@marquee/event-log/port'
import { readEventLogConfig } from '@marquee/service/flags/event-log'
import { type EventLogNames, readEventLogNames } from '@marquee/service/flags/event-log-names'
import { readFlags } from '@marquee/service/flags/flags'
import { readTracingOptions } from '@marquee/service/flags/tracing'
import { traceEventLog } from '@marquee/service/telemetry/event-log'
import { openTracing } from '@marquee/service/telemetry/open'
import { pino } from 'pino'

/** Defaults from the environment. Addresses are otherwise those of `bun start`. */
export const defaults = {
  token: process.env.MARQUEE_TOKEN,
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
 * environment configures for the services (`KAFKA_BROKERS` or `EVENT_LOG`). The environment also
 * turns on traces (`OTEL_EXPORTER_OTLP_ENDPOINT`), in which the program has its own name.
 */
export async function openEventLogAt(
  path: string | undefined,
  program = 'producer',
): Promise<EventLog> {
  const flags = readFlags('', { args: [], env: process.env })
  const tracing = readTracingOptions(flags)
  const configured = path === undefined ? readEventLogConfig(flags, 'data') : defaultConfig()
  flags.finish()
  const config =
    path === undefined ? configured : { ...configured, kind: 'embedded' as const, path }
  // The program prints permanent errors itself.
  const eventLog = await openEventLog(config, pino({ level: 'silent' }))
  const traces = await openTracing(program, tracing, { warn: toStandardError })
  if (traces === undefined) return eventLog
  return {
    ...traceEventLog(eventLog, traces, config.kind),
    async [Symbol.asyncDispose]() {
      await eventLog[Symbol.asyncDispose]()
      await traces[Symbol.asyncDispose]()
    },
  }
}

function defaultConfig(): EventLogConfig {
  return readEventLogConfig(readFlags('', { args: [], env: {} }), 'data')
}

function toStandardError(fields: object, text: string): void {
  process.stderr.write(`${text}: ${JSON.stringify(fields)}\n`)
}
