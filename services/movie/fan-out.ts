import { setTimeout as delay } from 'node:timers/promises'
import { nextWake, type Watcher, wakeInTurns } from '@marquee/service/watcher'

/**
 * Time that a source without followers stays open, in milliseconds, so that a reloaded page finds
 * it.
 */
export const lingerMs = 2_000
/**
 * Maximum number of open sources without followers. Protects from a client that opens one watch
 * after the other.
 */
export const lingeringMax = 256

/** Reads each source once for all its followers. */
export interface FanOut<C, T> {
  /**
   * Yields the current state of a source, as soon as there is one, then each later state, until the
   * signal is aborted. A follower that is slower than its source sees only the latest state. All
   * followers get the same objects.
   * @param context Context of this follower. The newest one applies to all.
   */
  follow(key: string, context: C, signal: AbortSignal): AsyncGenerator<T>
  /** Number of open sources. */
  readonly size: number
}

export interface FanOutOptions<C, V, T> {
  /**
   * Opens a source, with the context of its first follower, until the signal is aborted. An error
   * reaches all followers.
   */
  readonly open: (key: string, context: C, signal: AbortSignal) => AsyncIterable<V>
  /** Creates the state. Called once for each value, and again when the context has changed. */
  readonly combine: (value: V, context: C) => T
  /** Signal after which a source closes as soon as it has no followers. */
  readonly draining?: AbortSignal | undefined
  /** Waits for `delayMs` milliseconds, or until the signal is aborted. Does not reject. */
  readonly wait?: (delayMs: number, signal: AbortSignal) => Promise<unknown>
}

/** Opens a source with its first follower. Closes it a while after the last one has left. */
export function createFanOut<C, V, T>(options: FanOutOptions<C, V, T>): FanOut<C, T> {
  const { open, combine, draining, wait = waitUnlessAborted } = options
  const sources = new Map<string, Source<C, V, T>>()
  const lingering = new Set<Source<C, V, T>>()
  const close = (source: Source<C, V, T>) => {
    lingering.delete(source)
    if (sources.get(source.key) === source) sources.delete(source.key)
    source.close()
  }
  draining?.addEventListener('abort', () => {
    for (const source of lingering) close(source)
  })

  function join(key: string, context: C): Source<C, V, T> {
    const known = sources.get(key)
    const source = known ?? new Source<C, V, T>(key, context, combine)
    lingering.delete(source)
    source.setContext(context)
    if (known !== undefined) return source
    sources.set(key, source)
    // The next follower reopens a source that has ended.
    void source.read((signal) => open(key, context, signal)).then(() => close(source))
    return source
  }

  async function leave(source: Source<C, V, T>): Promise<void> {
    if (source.followers.size > 0 || sources.get(source.key) !== source) return
    if (draining?.aborted || lingering.size >= lingeringMax) {
      close(source)
      return
    }
    lingering.add(source)
    const leftCount = ++source.leftCount
    await wait(lingerMs, source.signal)
    if (lingering.has(source) && source.leftCount === leftCount) close(source)
  }

  return {
    async *follow(key, context, signal) {
      const source = join(key, context)
      const follower: Watcher = { wake: () => {} }
      source.followers.add(follower)
      try {
        yield* source.states(follower, signal)
      } finally {
        source.followers.delete(follower)
        void leave(source)
      }
    },
    get size() {
      return sources.size
    },
  }
}

/** State that all followers of a source share. */
class Source<C, V, T> {
  readonly key: string
  readonly followers = new Set<Watcher>()
  /** Number of times that the last follower has left. */
  leftCount = 0
  readonly #closing = new AbortController()
  readonly #combine: (value: V, context: C) => T
  #context: C
  #value: { readonly of: V } | undefined
  #state: { readonly of: T } | undefined
  #failure: { readonly cause: unknown } | undefined
  #hasEnded = false
  /** Number of values, and of events that followers are woken for. */
  #version = 0
  #eventCount = 0
  #isWaking = false

  constructor(key: string, context: C, combine: (value: V, context: C) => T) {
    this.key = key
    this.#context = context
    this.#combine = combine
  }

  get signal(): AbortSignal {
    return this.#closing.signal
  }

  setContext(context: C): void {
    this.#context = context
    this.#state = undefined
  }

  close(): void {
    this.#closing.abort()
  }

  /** Reads the values until the source ends or fails. */
  async read(open: (signal: AbortSignal) => AsyncIterable<V>): Promise<void> {
    try {
      for await (const value of open(this.signal)) {
        this.#value = { of: value }
        this.#state = undefined
        this.#version++
        this.#notify()
      }
      this.#hasEnded = true
    } catch (cause) {
      this.#failure = { cause }
    }
    this.#notify()
  }

  async *states(follower: Watcher, signal: AbortSignal): AsyncGenerator<T> {
    let seen = 0
    while (!signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure.cause
      if (this.#value !== undefined && this.#version !== seen) {
        seen = this.#version
        this.#state ??= { of: this.#combine(this.#value.of, this.#context) }
        yield this.#state.of
      } else if (this.#hasEnded) return
      else await nextWake(follower, signal)
    }
  }

  #notify(): void {
    this.#eventCount++
    if (!this.#isWaking) void this.#wakeAll()
  }

  /**
   * Wakes a limited number of followers in each event-loop turn. A change during a round starts
   * another round.
   */
  async #wakeAll(): Promise<void> {
    this.#isWaking = true
    let notified: number
    do {
      notified = this.#eventCount
      await wakeInTurns(this.followers)
    } while (this.#eventCount !== notified)
    this.#isWaking = false
  }
}

/** Waits for `delayMs` milliseconds, or until the signal is aborted. */
export async function waitUnlessAborted(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal, ref: false }).catch(() => {})
}
