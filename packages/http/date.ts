/**
 * Creates a function that returns the value of `date` (RFC 9110 §6.6.1), which it creates once a
 * second.
 * @param now Monotonic clock, in milliseconds.
 * @param format Converts the date to the result. Default: no conversion.
 */
export function createDate(
  now: () => number,
  format: (date: string) => string = (date) => date,
): () => string {
  let second = -1
  let value = ''
  return () => {
    const current = Math.floor(now() / 1_000)
    if (current !== second) {
      second = current
      value = format(new Date().toUTCString())
    }
    return value
  }
}
