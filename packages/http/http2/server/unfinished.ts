import type { ServerExchange } from './exchange.ts'

/**
 * Exchanges of which one side has ended and the other has not: those whose answer is complete and whose request still
 * comes, and those that were reset and whose handlers go on. Each kind in the order in which it became so.
 */
export class UnfinishedExchanges {
  #unread: Map<ServerExchange, number> | undefined
  #lingering: Map<ServerExchange, number> | undefined

  /** Streams that count although they are closed (CVE-2023-44487). */
  get lingeringCount(): number {
    return this.#lingering?.size ?? 0
  }

  /** Since when the first one waits for its request to end. */
  get unreadSinceMs(): number | undefined {
    return first(this.#unread?.values())
  }

  /** Since when the first one waits for its handler to end. */
  get lingeringSinceMs(): number | undefined {
    return first(this.#lingering?.values())
  }

  /** The answer is complete, the request is not. */
  addUnread(exchange: ServerExchange, nowMs: number): void {
    this.#unread ??= new Map()
    this.#unread.set(exchange, nowMs)
  }

  /** The stream was reset, the handler goes on. */
  addLingering(exchange: ServerExchange, nowMs: number): void {
    this.#lingering ??= new Map()
    this.#lingering.set(exchange, nowMs)
  }

  /** The stream is closed. */
  removeUnread(exchange: ServerExchange): void {
    this.#unread?.delete(exchange)
  }

  /** The handler has ended. */
  removeLingering(exchange: ServerExchange): void {
    this.#lingering?.delete(exchange)
  }

  /** Takes out those that wait for their requests since then, or longer. */
  takeUnread(untilMs: number): ServerExchange[] {
    return takeUntil(this.#unread, untilMs)
  }

  /** Lets those that wait for their handlers since then, or longer, not count any more. */
  forgetLingering(untilMs: number): void {
    takeUntil(this.#lingering, untilMs)
  }
}

function takeUntil(
  waiting: Map<ServerExchange, number> | undefined,
  untilMs: number,
): ServerExchange[] {
  const taken: ServerExchange[] = []
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
