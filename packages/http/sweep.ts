import { type Clock, timerMsMax } from './clock.ts'

/** An item with deadlines, such as a connection. */
export interface Swept {
  /** Acts on deadlines that have passed. Returns the time of the next check. */
  onSweep(nowMs: number): number
  /** Slot of the item in the sweep. Only the sweep uses it. */
  sweepSlot: number | undefined
}

/**
 * One timer for the deadlines of all connections, set for the earliest of them. Each connection is
 * kept once, at the earliest of its own. A deadline that has moved is noticed when it is checked.
 * Setting one therefore costs a comparison, and an idle connection costs nothing: the process
 * wakes up when a check is due.
 */
export class Sweep {
  readonly #intervalMs: number
  readonly #clock: Clock
  readonly #slots = new Map<number, Set<Swept>>()
  /** Slot up to which all were checked. */
  #sweptSlot: number
  /** Slot that the timer is set for. */
  #timerSlot = Number.POSITIVE_INFINITY
  #cancelTimer: () => void = () => {}

  /** @param intervalMs Precision: checks within an interval share its end. */
  constructor(intervalMs: number, clock: Clock) {
    this.#intervalMs = intervalMs
    this.#clock = clock
    this.#sweptSlot = Math.floor(clock.now() / intervalMs)
  }

  /** Checks the item at this time, or earlier when an earlier check was requested before. */
  checkAt(item: Swept, atMs: number): void {
    if (!Number.isFinite(atMs)) return
    const slot = Math.max(Math.ceil(atMs / this.#intervalMs), this.#sweptSlot + 1)
    if (item.sweepSlot !== undefined) {
      if (item.sweepSlot <= slot) return
      this.remove(item)
    }
    item.sweepSlot = slot
    const items = this.#slots.get(slot)
    if (items === undefined) this.#slots.set(slot, new Set([item]))
    else items.add(item)
    if (slot < this.#timerSlot) this.#setTimer(slot)
  }

  /** Cancels the check of an item. The timer is left as it is, and may find nothing to do. */
  remove(item: Swept): void {
    const slot = item.sweepSlot
    if (slot === undefined) return
    item.sweepSlot = undefined
    const items = this.#slots.get(slot)
    items?.delete(item)
    if (items?.size === 0) this.#slots.delete(slot)
  }

  #setTimer(slot: number): void {
    this.#cancelTimer()
    this.#timerSlot = slot
    const delayMs = Math.ceil(slot * this.#intervalMs - this.#clock.now())
    const boundedMs = Math.min(Math.max(delayMs, 1), timerMsMax)
    this.#cancelTimer = this.#clock.after(boundedMs, () => this.#sweep())
  }

  #sweep(): void {
    const nowMs = this.#clock.now()
    const dueSlot = Math.floor(nowMs / this.#intervalMs)
    this.#sweptSlot = dueSlot
    // Until the end, no check sets a timer.
    this.#timerSlot = dueSlot
    try {
      const due = [...this.#slots.keys()].filter((slot) => slot <= dueSlot)
      for (const slot of due.sort((a, b) => a - b)) this.#check(slot, nowMs)
    } finally {
      this.#timerSlot = Number.POSITIVE_INFINITY
      const next = this.#firstSlot()
      if (next !== undefined) this.#setTimer(next)
    }
  }

  #check(slot: number, nowMs: number): void {
    const items = this.#slots.get(slot)
    // An item may remove another one of the slot.
    for (const item of items ?? []) {
      items?.delete(item)
      item.sweepSlot = undefined
      this.checkAt(item, item.onSweep(nowMs))
    }
    this.#slots.delete(slot)
  }

  #firstSlot(): number | undefined {
    let first: number | undefined
    for (const slot of this.#slots.keys()) {
      if (first === undefined || slot < first) first = slot
    }
    return first
  }
}
