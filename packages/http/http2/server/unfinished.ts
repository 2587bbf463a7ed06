/**
 * Exchanges that have ended on one side only. For some the response is complete while the request
 * still arrives. Others were reset while their handlers continue. Each kind is in order of time.
 */
export class UnfinishedExchanges<E> {
  #unread: Map<E, number> | undefined
  #lingering: Map<E, number> | undefined

  /** Exchanges that count as streams although their streams are closed (CVE-2023-44487). */
  get lingeringCount(): number {
    return this.#lingering?.size ?? 0
  }

  /** Time when the oldest one began to wait for its request. */
  get unreadSinceMs(): number | undefined {
    return first(this.#unread?.values())
  }

  /** Time when the oldest one began to wait for its handler. */
  get lingeringSinceMs(): number | undefined {
    return first(this.#lingering?.values())
  }

  /** Adds an exchange whose response is complete before its request. */
  addUnread(exchange: E, nowMs: number): void {
    this.#unread ??= new Map()
    this.#unread.set(exchange, nowMs)
  }

  /** Adds an exchange whose stream was reset before its handler has ended. */
  addLingering(exchange: E, nowMs: number): void {
    this.#lingering ??= new Map()
    this.#lingering.set(exchange, nowMs)
  }

  /** Removes an exchange whose stream is closed. */
  removeUnread(exchange: E): void {
    this.#unread?.delete(exchange)
  }

  /** Removes an exchange whose handler has ended. */
  removeLingering(exchange: E): void {
    this.#lingering?.delete(exchange)
  }

  /** Removes and returns those that have waited for their requests since this time or longer. */
  takeUnread(untilMs: number): E[] {
    return takeUntil(this.#unread, untilMs)
  }

  /** Stops counting those that have waited for their handlers since this time or longer. */
  forgetLingering(untilMs: number): void {
    takeUntil(this.#lingering, untilMs)
  }
}

function takeUntil<E>(waiting: Map<E, number> | undefined, untilMs: number): E[] {
  const taken: E[] = []
  for (const [exchange, sinceMs] of waiting ?? []) {
    if (sinceMs > untilMs) break
    waiting?.delete(exchange)
    taken.push(exchange)
  }
  return taken
}

function first<T>(values: Iterable<T> | undefined): T | undefined {
  for (const value of values ?? []) return value
  return undefined
}
