import { createBackOff } from '@marquee/back-off/exponential'
import type { EventLog } from '@marquee/event-log/port'
import type { Logger } from 'pino'
import type { RatingDatabase } from '../store/database.ts'
import { waitMsAfter } from './pace.ts'
import { createPublisher, type FeedTopics } from './publisher.ts'

export interface RelayOptions {
  readonly store: Pick<RatingDatabase, 'outbox' | 'changes' | 'scoring' | 'onChange'>
  readonly eventLog: Pick<EventLog, 'append' | 'ensureTopic' | 'identity'>
  readonly log: Logger
  readonly topics: FeedTopics
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
}

/**
 * - `starting`: nothing was tried yet.
 * - `running`: the last step of publishing succeeded.
 * - `failing`: the store or the log is unavailable. It is tried again.
 * - `waiting`: another process publishes.
 * - `stopped`: disposed.
 */
export type RelayState = 'starting' | 'running' | 'failing' | 'waiting' | 'stopped'

export interface RelayStatus {
  readonly state: RelayState
  /** Number of records that this process has published. */
  readonly published: number
  /** Size of the outbox at the last attempt, in bytes. */
  readonly outboxBytes: number
  /** Last failure, even when it is over. */
  readonly lastError: Error | undefined
}

/**
 * Publishing of changes. Disposing it publishes what waits, for a bounded time, unless that failed
 * before.
 */
export interface Relay extends AsyncDisposable {
  /** Returns the status. Never waits. */
  status(): RelayStatus
}

/**
 * Waits between two attempts, in milliseconds: the shortest, which lets writes gather, and the
 * longest, in which the writes of other processes are found.
 */
const waitMs = { shortest: 20, longest: 1_000 }

/** Maximum time of publishing what waits at the end, in milliseconds, beside the step in progress. */
const finishTimeoutMs = 2_000

const backOff = createBackOff({ firstMs: 100, maxMs: 5_000 })

/**
 * Publishes every change of the store, in effect once: ratings and aggregates, each with its
 * revision. Several processes may relay one store: one of them publishes, and the others stand by.
 * A state may be published again after a failure. The last state of a key in the log is always the
 * last state of the store.
 */
export function startRelay(options: RelayOptions): Relay {
  const { store, log, clock = Date.now } = options
  const holder = crypto.randomUUID()
  const publisher = createPublisher({ ...options, holder, clock })
  const closing = new AbortController()
  let state: RelayState = 'starting'
  let lastError: Error | undefined
  let failures = 0
  let outboxBytes = 0
  let isChanged = false
  let wake = () => {}
  const unsubscribe = store.onChange(() => {
    isChanged = true
    wake()
  })
  const running = run()

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      isChanged = false
      await attempt()
      await pause(failures === 0 ? waitMs.shortest : backOff(failures))
      if (failures === 0 && !isChanged) await pause(waitMs.longest, { canWake: true })
    }
  }

  async function attempt(): Promise<void> {
    try {
      state = (await publisher.publish(closing.signal, giveWay)) ? 'running' : 'waiting'
      outboxBytes = await store.outbox.size()
      failures = 0
    } catch (thrown) {
      const error = thrown as Error
      failures++
      state = 'failing'
      if (error.message !== lastError?.message || failures === 1) {
        log.error({ err: error }, 'changes are not published; retrying')
      }
      lastError = error
    }
  }

  /** Called after each step. Waits when others have written during it. */
  async function giveWay(stepMs: number): Promise<void> {
    state = 'running'
    if (!isChanged) return
    isChanged = false
    outboxBytes = await store.outbox.size()
    await pause(waitMsAfter(stepMs, outboxBytes))
  }

  async function finish(): Promise<void> {
    publisher.hurry()
    try {
      await publisher.publish(AbortSignal.timeout(finishTimeoutMs))
    } catch (error) {
      log.warn({ err: error }, 'the last changes are published at the next start')
    }
  }

  /** Waits for the time or the end, and with `canWake` also for a change. */
  async function pause(timeMs: number, { canWake = false } = {}): Promise<void> {
    if (closing.signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeMs)
    const end = () => resolve()
    closing.signal.addEventListener('abort', end, { once: true })
    if (canWake) wake = resolve
    await promise
    clearTimeout(timer)
    closing.signal.removeEventListener('abort', end)
    if (canWake) wake = () => {}
  }

  return {
    status: () => ({ state, published: publisher.published(), outboxBytes, lastError }),
    async [Symbol.asyncDispose]() {
      unsubscribe()
      closing.abort()
      await running
      if (state === 'running') await finish()
      state = 'stopped'
      await store.outbox.release(holder).catch((error) => {
        log.warn({ err: error }, 'the lease of the relay stays until it ends')
      })
    },
  }
}
