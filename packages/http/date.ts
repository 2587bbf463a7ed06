/**
 * Returns the value of `date` (RFC 9110 §6.6.1). The string is made once a second and shared until
 * the second is over.
 * @param now Monotonic clock, in milliseconds.
 */
export function createDate(now: () => number): () => string {
  let second = -1
  let value = ''
  return () => {
    const current = Math.floor(now() / 1_000)
    if (current !== second) {
      second = current
      value = new Date().toUTCString()
    }
    return value
  }
}
