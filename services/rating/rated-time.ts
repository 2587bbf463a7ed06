import { isTimestamp } from '@marquee/connect-hono/protobuf/timestamp'

/** First and last time of a protobuf Timestamp, in milliseconds since the Unix epoch. */
const firstTimeMs = -62_135_596_800_000
const lastTimeMs = 253_402_300_799_999

/**
 * Returns the time of an RFC 3339 text in milliseconds since the Unix epoch, rounded down, or
 * `undefined` when the text is not a time of the years 1 to 9999.
 */
export function parseTime(text: string): number | undefined {
  if (!isTimestamp(text)) return undefined
  const timeMs = Date.parse(text)
  return isTimestampMs(timeMs) ? timeMs : undefined
}

/** Returns whether a protobuf Timestamp can represent the time. */
export function isTimestampMs(timeMs: number): boolean {
  return timeMs >= firstTimeMs && timeMs <= lastTimeMs
}
