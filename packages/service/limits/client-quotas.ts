import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Rate } from './limit-class.ts'

/** Maximum number of clients that each rate limit remembers. */
export const limitedClientsMax = 20_000

/** Calls that a client has left after one. */
export interface Allowance {
  readonly isExceeded: boolean
  readonly remainingCount: number
  /** Time until the client has all its calls again, in milliseconds. */
  readonly resetMs: number
}

/** Counts the calls of clients. */
export interface ClientQuotas {
  take(client: string): Promise<Allowance>
  /** Number of clients that are remembered. */
  readonly clientCount: number
  /** Number of calls that were too many. */
  readonly exceededCount: number
}

/**
 * Counts the calls of each client in a window of its own, which begins with its first call. When
 * there are too many clients, the one whose window began first is forgotten.
 */
export function createClientQuotas(
  { count, seconds }: Rate,
  clientsMax = limitedClientsMax,
): ClientQuotas {
  const limiter = new RateLimiterMemory({ points: count, duration: seconds })
  /** In the order in which their windows began. The limiter forgets them when these end. */
  const clients = new Set<string>()
  let exceededCount = 0

  function remember(client: string): void {
    clients.delete(client)
    clients.add(client)
    const [oldest] = clients
    if (clients.size <= clientsMax || oldest === undefined) return
    clients.delete(oldest)
    void limiter.delete(oldest)
  }

  return {
    async take(client) {
      const result = await limiter.consume(client).catch(exceeded)
      if (result.isFirstInDuration) remember(client)
      const isExceeded = result.consumedPoints > count
      if (isExceeded) exceededCount++
      return {
        isExceeded,
        remainingCount: result.remainingPoints,
        resetMs: result.msBeforeNext,
      }
    },
    get clientCount() {
      return clients.size
    },
    get exceededCount() {
      return exceededCount
    },
  }
}

/** Returns what the limiter throws when there are no calls left. */
function exceeded(thrown: unknown): RateLimiterRes {
  if (thrown instanceof RateLimiterRes) return thrown
  throw thrown
}
