/**
 * The value of `date` (RFC 9110 §6.6.1), made once a second: the same string until the second is over.
 * @param now milliseconds that only go forward.
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
