/** Items in the order in which they were added, with their times. Takes no memory until the first. */
export class TimedSet<T> {
  #items: Map<T, number> | undefined

  get size(): number {
    return this.#items?.size ?? 0
  }

  /** Time when the oldest item was added, or `undefined` when there is none. */
  get oldestMs(): number | undefined {
    for (const atMs of this.#items?.values() ?? []) return atMs
    return undefined
  }

  add(item: T, nowMs: number): void {
    this.#items ??= new Map()
    this.#items.set(item, nowMs)
  }

  delete(item: T): void {
    this.#items?.delete(item)
  }

  /** Removes and returns the items that were added at this time or earlier. */
  takeUntil(untilMs: number): T[] {
    const taken: T[] = []
    for (const [item, atMs] of this.#items ?? []) {
      if (atMs > untilMs) break
      this.#items?.delete(item)
      taken.push(item)
    }
    return taken
  }
}
