/** Has deadlines. */
export interface Swept {
  /** Does what is due. Answers when to look again. */
  onSweep(nowMs: number): number
  /** The sweep's own note: where it is kept. */
  sweepSlot: number | undefined
}

/**
 * One timer for the deadlines of all connections. Each is kept once, at the earliest of its deadlines; one that moved on
 * meanwhile is found out when it is looked at. So a connection that rests costs nothing, and one that works a comparison.
 */
export class Sweep {
  readonly #intervalMs: number
  readonly #now: () => number
  readonly #slots = new Map<number, Set<Swept>>()
  #timer: ReturnType<typeof setInterval> | undefined
  #sweptSlot: number
  #count = 0

  constructor(intervalMs: number, now: () => number) {
    this.#intervalMs = intervalMs
    this.#now = now
    this.#sweptSlot = Math.floor(now() / intervalMs)
  }

  /** Looks at it then, or earlier when that was asked for before. */
  lookAt(item: Swept, atMs: number): void {
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
    if (this.#timer !== undefined) return
    this.#sweptSlot = Math.floor(this.#now() / this.#intervalMs)
    this.#timer = setInterval(() => this.#sweep(), this.#intervalMs)
    // The sockets keep the process, not this.
    this.#timer.unref()
  }

  #sweep(): void {
    const nowMs = this.#now()
    const dueSlot = Math.floor(nowMs / this.#intervalMs)
    while (this.#sweptSlot < dueSlot && this.#count > 0) {
      const items = this.#slots.get(++this.#sweptSlot)
      if (items !== undefined) this.#look(items, nowMs)
    }
    if (this.#count > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(items: Set<Swept>, nowMs: number): void {
    this.#slots.delete(this.#sweptSlot)
    for (const item of items) {
      item.sweepSlot = undefined
      this.#count--
      this.lookAt(item, item.onSweep(nowMs))
    }
  }
}
