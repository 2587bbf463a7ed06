import { backOff } from './back-off.ts'
import type { ConnectionState } from './connection.ts'

interface Watch<Message> {
  /** Opens the stream. When it fails or ends, it is opened again after a delay. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Message> | Promise<AsyncIterable<Message>>
  readonly onMessage: (message: Message) => void
  readonly onState: (state: ConnectionState) => void
  /** Returns true for a permanent error, such as not found; then watching stops. */
  readonly isFinal?: (error: unknown) => boolean
  readonly signal: AbortSignal
  readonly browserState?: BrowserState
}

/** The state of the browser that decides whether to watch. */
export interface BrowserState {
  isHidden(): boolean
  isOffline(): boolean
  /** Settles when one of the two may have changed, after `timeoutMs`, or when `signal` aborts. */
  change(signal: AbortSignal, timeoutMs?: number): Promise<void>
}

/**
 * Keeps a stream open until `signal` aborts. Closes it while the page is hidden or offline, and
 * reopens it after a loss, with a delay that grows with the number of losses.
 */
export async function keepWatching<Message>(watch: Watch<Message>): Promise<void> {
  const { onState, signal, browserState = browser } = watch
  let failureCount = 0
  while (!signal.aborted) {
    if (browserState.isHidden() || browserState.isOffline()) {
      onState(browserState.isOffline() ? 'offline' : 'paused')
      await browserState.change(signal)
      failureCount = 0
      continue
    }
    const { received, failure, final } = await readOnce(watch, browserState)
    if (signal.aborted || final) return
    if (!failure) continue
    failureCount = received ? 1 : failureCount + 1
    onState('waiting')
    await browserState.change(signal, backOff(failureCount))
  }
}

/** Reads one stream until it ends or fails, or the page is hidden or offline. */
async function readOnce<Message>(watch: Watch<Message>, browserState: BrowserState) {
  const { open, onMessage, onState, isFinal, signal } = watch
  const closing = new AbortController()
  const streamSignal = AbortSignal.any([signal, closing.signal])
  let received = false
  onState('connecting')
  void closeWhenHiddenOrOffline(browserState, closing, streamSignal)
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

async function closeWhenHiddenOrOffline(
  browserState: BrowserState,
  closing: AbortController,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (browserState.isHidden() || browserState.isOffline()) return closing.abort()
    await browserState.change(signal)
  }
}

const browser: BrowserState = {
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
