import type { Exchange } from '../exchange.ts'
import type { Route } from './port.ts'

/** A call that waits for its start. */
export interface Waiting {
  readonly exchange: Exchange
  readonly route: Route
  readonly sinceMs: number
}

interface Entry extends Waiting {
  readonly caller: Caller
  isTaken: boolean
}

/** The calls of one caller, oldest first. */
interface Caller {
  readonly key: object
  readonly entries: Entry[]
  head: number
  count: number
}

/** Of this many calls, one goes to the caller that was served longest ago, the others to those that have just come. */
const freshPicks = 4
/** Gaps that are left in a list before it is made shorter. */
const gapsMax = 1_024

/**
 * Calls that wait, by caller. `takeOldest` serves callers in turns, so that one with many calls does not keep the
 * others waiting. `takeNewest` is for overload: most of those who waited long have given up.
 */
export class WaitingLine {
  /** Served longest ago first. */
  readonly #callers = new Map<object, Caller>()
  /** Callers that were not waiting before, newest last. May hold some that wait no longer. */
  #fresh: Caller[] = []
  /** All entries, oldest first, with gaps. */
  #all: Entry[] = []
  #head = 0
  #picks = 0
  size = 0

  add(exchange: Exchange, route: Route, sinceMs: number, key: object): void {
    let caller = this.#callers.get(key)
    if (caller === undefined) {
      caller = { key, entries: [], head: 0, count: 0 }
      this.#callers.set(key, caller)
      if (this.#fresh.length > 2 * this.#callers.size + gapsMax) {
        this.#fresh = this.#fresh.filter(isWaiting)
      }
      this.#fresh.push(caller)
    }
    const entry: Entry = { exchange, route, sinceMs, caller, isTaken: false }
    caller.entries.push(entry)
    caller.count++
    this.#all.push(entry)
    this.size++
  }

  /** The oldest call of the caller that was served longest ago. */
  takeOldest(): Waiting | undefined {
    const caller = this.#nextCaller()
    if (caller === undefined) return undefined
    while (caller.entries[caller.head]?.isTaken) caller.head++
    return this.#take(caller.entries[caller.head] as Entry)
  }

  /**
   * The newest call of the caller that has come last; of every `freshPicks` calls, one of the caller that was served
   * longest ago, so that a caller who keeps one connection, as a proxy does, has its share.
   */
  takeNewest(): Waiting | undefined {
    this.#picks = (this.#picks + 1) % freshPicks
    const caller = (this.#picks > 0 ? this.#freshCaller() : undefined) ?? this.#nextCaller()
    if (caller === undefined) return undefined
    while (caller.entries.at(-1)?.isTaken) caller.entries.pop()
    return this.#take(caller.entries.at(-1) as Entry)
  }

  /** Since when the oldest call waits; there has to be one. */
  get oldestSinceMs(): number {
    while (this.#all[this.#head]?.isTaken) this.#head++
    return this.#all[this.#head]?.sinceMs ?? Number.POSITIVE_INFINITY
  }

  /** The call that has waited longest, if it waits at least since then. */
  takeSince(sinceMs: number): Waiting | undefined {
    if (this.size === 0 || this.oldestSinceMs > sinceMs) return undefined
    this.#closeGaps()
    return this.#take(this.#all[this.#head] as Entry)
  }

  #nextCaller(): Caller | undefined {
    const next = this.#callers.values().next()
    if (next.done) return undefined
    this.#callers.delete(next.value.key)
    this.#callers.set(next.value.key, next.value)
    return next.value
  }

  #freshCaller(): Caller | undefined {
    let caller = this.#fresh.pop()
    while (caller !== undefined && !isWaiting(caller)) caller = this.#fresh.pop()
    return caller
  }

  #take(entry: Entry): Waiting {
    const { caller } = entry
    entry.isTaken = true
    this.size--
    caller.count--
    if (caller.count === 0) this.#callers.delete(caller.key)
    else if (caller.entries.length > 2 * caller.count + gapsMax) {
      caller.entries.splice(0, caller.entries.length, ...caller.entries.filter(isNotTaken))
      caller.head = 0
    }
    if (this.size === 0) this.#clear()
    return entry
  }

  #clear(): void {
    this.#fresh = []
    this.#all = []
    this.#head = 0
  }

  #closeGaps(): void {
    if (this.#all.length <= 2 * this.size + gapsMax) return
    this.#all = this.#all.filter(isNotTaken)
    this.#head = 0
  }
}

function isWaiting({ count }: Caller): boolean {
  return count > 0
}

function isNotTaken({ isTaken }: Entry): boolean {
  return !isTaken
}
