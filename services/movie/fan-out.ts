import { setTimeout as delay } from 'node:timers/promises'
import { nextWake, type Watcher } from '@marquee/service/watcher'

/** How long a source stays open that nobody follows any more, in milliseconds: a page that is loaded again finds it. */
export const lingerMs = 2_000
/** Sources that stay open so, at most, against a client that opens one watch after the other. */
export const lingeringMax = 256
/** Followers that are woken in one turn of the event loop, so that other calls have theirs in between. */
export const wokenAtOnceMax = 128

/** Reads each source once, for all who follow it. */
export interface FanOut<C, T> {
  /**
   * The present state of a source, as soon as there is one, then each further one, until the signal is aborted. A follower
   * that is slower than its source sees the latest state, and not those before it. All see the same objects.
   * @param context of this follower; the newest one counts for all.
   */
  follow(key: string, context: C, signal: AbortSignal): AsyncGenerator<T>
  /** How many sources are open. */
  readonly size: number
}

export interface FanOutOptions<C, V, T> {
  /** Opens a source, with the context of its first follower, until the signal is aborted. What it throws reaches all. */
  readonly open: (key: string, context: C, signal: AbortSignal) => AsyncIterable<V>
  /** Called once for each value, and again when the context has changed. */
  readonly combine: (value: V, context: C) => T
  /** When aborted, a source is closed as soon as nobody follows it. */
  readonly draining?: AbortSignal | undefined
  /** Waits for so many milliseconds, or until the signal is aborted. Does not reject. */
  readonly wait?: (delayMs: number, signal: AbortSignal) => Promise<unknown>
}

/** Opens a source with its first follower, and closes it a while after the last one has left. */
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
    // One that has ended is opened again by whoever comes next.
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

/** What all followers of a source share. */
class Source<C, V, T> {
  readonly key: string
  readonly followers = new Set<Watcher>()
  /** How often the last follower has left. */
  leftCount = 0
  readonly #closing = new AbortController()
  readonly #combine: (value: V, context: C) => T
  #context: C
  #value: { readonly of: V } | undefined
  #state: { readonly of: T } | undefined
  #failure: { readonly cause: unknown } | undefined
  #hasEnded = false
  /** How many values there were, and how often there was something to wake the followers for. */
  #version = 0
  #news = 0
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

  /** Takes over what comes until it ends. */
  async read(open: (signal: AbortSignal) => AsyncIterable<V>): Promise<void> {
    try {
      for await (const value of open(this.signal)) {
        this.#value = { of: value }
        this.#state = undefined
        this.#version++
        this.#tell()
      }
      this.#hasEnded = true
    } catch (cause) {
      this.#failure = { cause }
    }
    this.#tell()
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

  #tell(): void {
    this.#news++
    if (!this.#isWaking) void this.#wakeAll()
  }

  /** Wakes some in each turn of the event loop. What changes meanwhile is for the round after this one. */
  async #wakeAll(): Promise<void> {
    this.#isWaking = true
    let told: number
    do {
      told = this.#news
      let count = 0
      for (const follower of this.followers) {
        if (count > 0 && count % wokenAtOnceMax === 0) await new Promise(setImmediate)
        count++
        follower.wake()
      }
    } while (this.#news !== told)
    this.#isWaking = false
  }
}

async function waitUnlessAborted(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal, ref: false }).catch(() => {})
}
