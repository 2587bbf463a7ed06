/**
 * The result of the work, or the signal's reason if that comes first. It leaves nothing behind at the signal: a race
 * with one promise for the whole of a stream would keep something of each of its messages.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  const stop = () => signal.removeEventListener('abort', abort)
  work.then(resolve, reject).finally(stop)
  return promise
}
