import type { Exchange } from '../exchange.ts'
import type { Route } from './port.ts'

/** A call that waits to start. */
export interface Waiting {
  readonly exchange: Exchange
  readonly route: Route
  readonly sinceMs: number
}

interface Entry extends Waiting {
  readonly caller: Caller
  isTaken: boolean
}

/** The waiting calls of one caller, oldest first. */
interface Caller {
  readonly key: object
  readonly entries: Entry[]
  head: number
  count: number
}

/**
 * One in this many picks goes to the caller that was served longest ago, the others to the newest
 * callers.
 */
const freshPicks = 4
/** Most gaps in a list before it is compacted. */
const gapsMax = 1_024

/**
 * Queue of waiting calls, by caller. `takeOldest` serves callers in round-robin order, so that a
 * caller with many calls does not block the others. `takeNewest` is for overload, when most calls
 * that waited long have been given up by their clients.
 */
export class WaitingQueue {
  /** Callers, those served longest ago first. */
  readonly #callers = new Map<object, Caller>()
  /** Callers that had no waiting call before, newest last. Some may no longer wait. */
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

  /** Removes and returns the oldest call of the caller that was served longest ago. */
  takeOldest(): Waiting | undefined {
    const caller = this.#nextCaller()
    if (caller === undefined) return undefined
    while (caller.entries[caller.head]?.isTaken) caller.head++
    return this.#take(caller.entries[caller.head] as Entry)
  }

  /**
   * Removes and returns the newest call of the newest caller. One in `freshPicks` calls comes from
   * the caller that was served longest ago, so that a caller with a single connection, such as a
   * proxy, gets its share.
   */
  takeNewest(): Waiting | undefined {
    this.#picks = (this.#picks + 1) % freshPicks
    const caller = (this.#picks > 0 ? this.#freshCaller() : undefined) ?? this.#nextCaller()
    if (caller === undefined) return undefined
    while (caller.entries.at(-1)?.isTaken) caller.entries.pop()
    return this.#take(caller.entries.at(-1) as Entry)
  }

  /** Time since when the oldest call waits, in ms. `Infinity` when none waits. */
  get oldestSinceMs(): number {
    while (this.#all[this.#head]?.isTaken) this.#head++
    return this.#all[this.#head]?.sinceMs ?? Number.POSITIVE_INFINITY
  }

  /** Removes and returns the oldest call if it has waited since `sinceMs` or longer. */
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
