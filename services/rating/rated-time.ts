/** First and last time of a protobuf Timestamp, in milliseconds since the Unix epoch. */
const firstTimeMs = -62_135_596_800_000
const lastTimeMs = 253_402_300_799_999

/** RFC 3339, the JSON form of a protobuf Timestamp. It has no hour 24, which `Date.parse` takes. */
const timestamp =
  /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * Returns the time of an RFC 3339 text in milliseconds since the Unix epoch, rounded down, or
 * `undefined` when the text is not a time of the years 1 to 9999.
 */
export function parseTime(text: string): number | undefined {
  if (!timestamp.test(text) || !isDay(text.slice(0, 10))) return undefined
  const timeMs = Date.parse(text)
  return isTimestampMs(timeMs) ? timeMs : undefined
}

/** Returns whether a protobuf Timestamp can represent the time. */
export function isTimestampMs(timeMs: number): boolean {
  return timeMs >= firstTimeMs && timeMs <= lastTimeMs
}

/** Returns whether the calendar has the day. `Date.parse` takes February 30 for March 2. */
function isDay(date: string): boolean {
  const timeMs = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(date)
}
