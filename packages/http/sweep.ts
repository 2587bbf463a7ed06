import type { Clock } from './clock.ts'

/** An item with deadlines, such as a connection. */
export interface Swept {
  /** Acts on deadlines that have passed. Returns the time of the next check. */
  onSweep(nowMs: number): number
  /** Slot of the item in the sweep. Only the sweep uses it. */
  sweepSlot: number | undefined
}

/**
 * One timer for the deadlines of all connections. Each connection is kept once, at the earliest of
 * its deadlines. A deadline that has moved is noticed when it is checked. Setting one therefore
 * costs a comparison, and an idle connection costs nothing.
 */
export class Sweep {
  readonly #intervalMs: number
  readonly #clock: Clock
  readonly #slots = new Map<number, Set<Swept>>()
  #stop: (() => void) | undefined
  #sweptSlot: number
  #count = 0

  constructor(intervalMs: number, clock: Clock) {
    this.#intervalMs = intervalMs
    this.#clock = clock
    this.#sweptSlot = Math.floor(clock.now() / intervalMs)
  }

  /** Checks the item at this time, or earlier when an earlier check was requested before. */
  checkAt(item: Swept, atMs: number): void {
    if (!Number.isFinite(atMs)) return
    if (this.#count === 0) this.#start()
    const slot = Math.max(Math.ceil(atMs / this.#intervalMs), this.#sweptSlot + 1)
    if (item.sweepSlot !== undefined) {
      if (item.sweepSlot <= slot) return
      this.remove(item)
    }
    this.#count++
    item.sweepSlot = slot
    const items = this.#slots.get(slot)
    if (items === undefined) this.#slots.set(slot, new Set([item]))
    else items.add(item)
  }

  remove(item: Swept): void {
    const slot = item.sweepSlot
    if (slot === undefined) return
    item.sweepSlot = undefined
    this.#count--
    const items = this.#slots.get(slot)
    items?.delete(item)
    if (items?.size === 0) this.#slots.delete(slot)
  }

  #start(): void {
    if (this.#stop !== undefined) return
    this.#sweptSlot = Math.floor(this.#clock.now() / this.#intervalMs)
    this.#stop = this.#clock.every(this.#intervalMs, () => this.#sweep())
  }

  #sweep(): void {
    const nowMs = this.#clock.now()
    const dueSlot = Math.floor(nowMs / this.#intervalMs)
    while (this.#sweptSlot < dueSlot && this.#count > 0) {
      const items = this.#slots.get(++this.#sweptSlot)
      if (items !== undefined) this.#check(items, nowMs)
    }
    if (this.#count > 0) return
    this.#stop?.()
    this.#stop = undefined
  }

  #check(items: Set<Swept>, nowMs: number): void {
    this.#slots.delete(this.#sweptSlot)
    for (const item of items) {
      item.sweepSlot = undefined
      this.#count--
      this.checkAt(item, item.onSweep(nowMs))
    }
  }
}
