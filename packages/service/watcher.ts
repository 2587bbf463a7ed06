/** A follower of changes. Each change calls `wake`. */
export interface Watcher {
  wake: () => void
  /** True when the end of its signal wakes it. Set by `nextWake`. */
  isListening?: boolean
}

/**
 * Maximum number of watchers that are woken in one event-loop turn, so that other calls run in
 * between.
 */
export const wokenAtOnceMax = 128

/**
 * Resolves at the next `wake`, or when the signal is aborted. Earlier changes are not reported.
 * @param signal The same one for all waits of a watcher, which listens to it until it is aborted.
 */
export function nextWake(watcher: Watcher, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  if (!watcher.isListening) {
    watcher.isListening = true
    signal.addEventListener('abort', () => watcher.wake(), { once: true })
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  watcher.wake = resolve
  return promise
}

/** Wakes all watchers, a limited number in each event-loop turn. */
export async function wakeInTurns(watchers: Iterable<Watcher>): Promise<void> {
  let count = 0
  for (const watcher of watchers) {
    if (count > 0 && count % wokenAtOnceMax === 0) await new Promise(setImmediate)
    count++
    watcher.wake()
  }
}
