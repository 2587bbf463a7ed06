/** A follower of changes. Each change calls `wake`. */
export interface Watcher {
  wake: () => void
}

/** Resolves at the next `wake`, or when the signal is aborted. Earlier changes are not reported. */
export function nextWake(watcher: Watcher, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = () => {
    signal.removeEventListener('abort', wake)
    resolve()
  }
  watcher.wake = wake
  signal.addEventListener('abort', wake, { once: true })
  return promise
}
