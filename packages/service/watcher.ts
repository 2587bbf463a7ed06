/** Someone who follows changes, and is woken by each. */
export interface Watcher {
  wake: () => void
}

/** Resolves when the watcher is woken, or the signal aborted. It hears nothing of what came before. */
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
