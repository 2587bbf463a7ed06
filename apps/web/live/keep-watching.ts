import { backOffMs } from './back-off.ts'
import type { ConnectionState } from './connection.ts'

interface Watch<Message> {
  /** Opens the stream. Its failure or end is followed by another, after a wait. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Message> | Promise<AsyncIterable<Message>>
  readonly onMessage: (message: Message) => void
  readonly onState: (state: ConnectionState) => void
  /** Whether to give up for good: what is watched is not there, say. */
  readonly isFinal?: (error: unknown) => boolean
  readonly signal: AbortSignal
  readonly surroundings?: Surroundings
}

/** What of the browser decides whether to watch. */
export interface Surroundings {
  isHidden(): boolean
  isOffline(): boolean
  /** Settles when either may have changed, after `timeoutMs` at the latest, or when `signal` aborts. */
  change(signal: AbortSignal, timeoutMs?: number): Promise<void>
}

/**
 * Keeps a stream open until `signal` aborts: closes it while the page is hidden or offline, and
 * opens it again after a loss, sooner or later by how often it was lost.
 */
export async function keepWatching<Message>(watch: Watch<Message>): Promise<void> {
  const { onState, signal, surroundings = browser } = watch
  let failureCount = 0
  while (!signal.aborted) {
    if (surroundings.isHidden() || surroundings.isOffline()) {
      onState(surroundings.isOffline() ? 'offline' : 'paused')
      await surroundings.change(signal)
      failureCount = 0
      continue
    }
    const { received, failure, final } = await readOnce(watch, surroundings)
    if (signal.aborted || final) return
    if (!failure) continue
    failureCount = received ? 1 : failureCount + 1
    onState('waiting')
    await surroundings.change(signal, backOffMs(failureCount))
  }
}

/** Reads one stream until it ends, fails, or the surroundings say to close it. */
async function readOnce<Message>(watch: Watch<Message>, surroundings: Surroundings) {
  const { open, onMessage, onState, isFinal, signal } = watch
  const closing = new AbortController()
  const streamSignal = AbortSignal.any([signal, closing.signal])
  let received = false
  onState('connecting')
  void closeWhenAway(surroundings, closing, streamSignal)
  try {
    for await (const message of await open(streamSignal)) {
      if (!received) onState('live')
      received = true
      onMessage(message)
    }
  } catch (error) {
    if (isFinal?.(error)) return { received, failure: true, final: true }
  }
  const failure = !closing.signal.aborted
  closing.abort()
  return { received, failure, final: false }
}

async function closeWhenAway(
  surroundings: Surroundings,
  closing: AbortController,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (surroundings.isHidden() || surroundings.isOffline()) return closing.abort()
    await surroundings.change(signal)
  }
}

const browser: Surroundings = {
  isHidden: () => document.hidden,
  isOffline: () => !navigator.onLine,
  change: (signal, timeoutMs) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const done = new AbortController()
      const timer = timeoutMs === undefined ? undefined : setTimeout(settle, timeoutMs)
      function settle() {
        clearTimeout(timer)
        done.abort()
        resolve()
      }
      const options = { signal: done.signal }
      document.addEventListener('visibilitychange', settle, options)
      window.addEventListener('online', settle, options)
      window.addEventListener('offline', settle, options)
      signal.addEventListener('abort', settle, options)
    }),
}
