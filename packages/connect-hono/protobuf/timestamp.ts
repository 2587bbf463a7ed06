/** RFC 3339 in the form of protobuf's JSON. */
const timestamp =
  /^(?!0000)(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Advice of an error about a text that is no timestamp. */
export const timestampAdvice = 'send a time such as 2026-01-31T12:00:00Z'

/**
 * Returns whether the text is the JSON of a `google.protobuf.Timestamp`. `fromJson` also takes
 * February 30, for March 2, and the hour 24, for the next day.
 */
export function isTimestamp(text: string): boolean {
  const day = timestamp.exec(text)?.[1]
  if (day === undefined) return false
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}
