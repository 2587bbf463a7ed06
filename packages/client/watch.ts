import { createBackOff } from '@marquee/back-off/exponential'
import { type Clock, pause, systemClock } from './clock.ts'
import type { CallOptions, ClientOptions } from './options.ts'
import { alwaysPresent, type Presence } from './presence.ts'
import { finalCodes, type Result, type RpcError, rpcError } from './result.ts'

/** An event of a watch. It names the state of the watch since then. */
export type WatchEvent<Value> =
  /** Opens a stream. */
  | { readonly state: 'connecting' }
  /** Has received a value. */
  | { readonly state: 'live'; readonly value: Value }
  /** Has lost the stream, and opens another one after the delay. */
  | { readonly state: 'waiting'; readonly error: RpcError; readonly delayMs: number }
  /** Waits until somebody looks, or for a network. */
  | { readonly state: 'paused' | 'offline' }
  /** Has ended: the service refused the watch. */
  | { readonly state: 'failed'; readonly error: RpcError }

/** Never throws. Ends after `failed`, and when its signal aborts. */
export type Watch<Value> = AsyncGenerator<WatchEvent<Value>, void, undefined>

/** The options of a client that a watch uses. */
export type WatchClient = Pick<ClientOptions, 'clock' | 'idleTimeoutMs' | 'presence' | 'random'>

/** Options of one watch. */
export type WatchOptions = Pick<CallOptions, 'signal' | 'headers'>

/** Upper bound of the wait after the first loss, in milliseconds. */
const firstWaitMs = 1_000
/** Upper bound of the wait after many losses in a row, in milliseconds. */
const waitMaxMs = 10_000
/** Maximum delay that a service may ask for, in milliseconds. */
const retryDelayMaxMs = 60_000
/** Default of `idleTimeoutMs`. A service repeats its last message three times meanwhile. */
const idleTimeoutMsDefault = 45_000

const backOff = createBackOff({ firstMs: firstWaitMs, maxMs: waitMaxMs })

/** Opens a stream with these options. `last` is the last value of the streams before. */
export type OpenStream<Value> = (
  options: CallOptions,
  last: Value | undefined,
) => AsyncIterable<Result<Value>>

/** The state that a watch keeps from one stream to the next. */
interface Progress<Value> {
  last: Value | undefined
  /** Number of streams in a row that were lost before their first message. */
  failureCount: number
}

/** How a stream ended. */
interface Loss {
  readonly error: RpcError
  readonly hadMessage: boolean
}

/**
 * Keeps a stream open: reopens it after a loss, with a delay that grows with the number of losses
 * in a row. A stream without a message for `idleTimeoutMs` counts as lost. Nothing is read ahead: a
 * slow consumer slows the stream.
 */
export async function* watch<Value>(
  open: OpenStream<Value>,
  client: WatchClient = {},
  options: WatchOptions = {},
): Watch<Value> {
  const { clock = systemClock, presence = alwaysPresent, random } = client
  const { signal = new AbortController().signal } = options
  const progress: Progress<Value> = { last: undefined, failureCount: 0 }
  while (!signal.aborted) {
    const seen = presence.state()
    if (seen !== 'active') {
      yield { state: seen }
      progress.failureCount = 0
      if (presence.state() === seen) await changeOf(presence, clock, undefined, signal)
      continue
    }
    yield { state: 'connecting' }
    const loss = yield* readStream(open, client, { ...options, signal }, progress)
    if (loss === undefined || signal.aborted) continue
    const { error, hadMessage } = loss
    if (!hadMessage && finalCodes.includes(error.code)) return yield { state: 'failed', error }
    progress.failureCount = hadMessage ? 1 : progress.failureCount + 1
    const askedMs = Math.min(error.retryDelayMs ?? 0, retryDelayMaxMs)
    const delayMs = askedMs + backOff(progress.failureCount, random)
    yield { state: 'waiting', error, delayMs }
    await changeOf(presence, clock, delayMs, signal)
  }
}

/**
 * Yields the values of one stream. Returns how it was lost, or `undefined` when it was closed,
 * because nobody looks or the signal aborted.
 */
async function* readStream<Value>(
  open: OpenStream<Value>,
  client: WatchClient,
  options: WatchOptions & { readonly signal: AbortSignal },
  progress: Progress<Value>,
): AsyncGenerator<WatchEvent<Value>, Loss | undefined, undefined> {
  const { clock = systemClock, presence = alwaysPresent } = client
  const { idleTimeoutMs = idleTimeoutMsDefault } = client
  const closing = new AbortController()
  const closeUnlessActive = () => void (presence.state() !== 'active' && closing.abort())
  const stopListening = presence.onChange(closeUnlessActive)
  closeUnlessActive()
  const signal = AbortSignal.any([options.signal, closing.signal])
  const results = open({ ...options, signal, timeoutMs: 0 }, progress.last)[Symbol.asyncIterator]()
  let hadMessage = false
  try {
    while (true) {
      let isQuiet = false
      const beQuiet = () => {
        isQuiet = true
        closing.abort()
      }
      const clear = idleTimeoutMs > 0 ? clock.after(idleTimeoutMs, beQuiet) : () => {}
      const { done, value: result } = await results.next()
      clear()
      if (isQuiet) return { error: quiet(idleTimeoutMs), hadMessage }
      if (signal.aborted) return undefined
      if (done) return { error: ended, hadMessage }
      if (!result.ok) return { error: result.error, hadMessage }
      hadMessage = true
      progress.last = result.value
      yield { state: 'live', value: result.value }
    }
  } finally {
    stopListening()
    closing.abort()
    await results.return?.()
  }
}

const ended = rpcError('unavailable', 'the service ended the stream')

function quiet(idleTimeoutMs: number): RpcError {
  return rpcError('unavailable', `the stream had no message for ${idleTimeoutMs} ms`)
}

/** Resolves when the presence may have changed, after the delay, or when the signal aborts. */
async function changeOf(
  presence: Presence,
  clock: Clock,
  delayMs: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const changed = new AbortController()
  const stopListening = presence.onChange(() => changed.abort())
  await pause(clock, delayMs, AbortSignal.any([signal, changed.signal]))
  stopListening()
}
