import type { Transport } from '@connectrpc/connect'
import type { Clock } from './clock.ts'
import type { Presence } from './presence.ts'

/** How the services are called. */
export interface ClientOptions {
  /**
   * URL of the movie service, which forwards calls of the other two, or of the one that is called.
   * Empty for the origin of the page.
   */
  readonly baseUrl: string
  /**
   * Returns the bearer token of a call, or `undefined` for none. It runs before each attempt, and
   * within the deadline. When it fails, the call fails with `unauthenticated`.
   */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** Time of a unary call with its retries, in milliseconds. 0 for no limit. Default: 10,000. */
  readonly timeoutMs?: number | undefined
  /** Maximum number of retries of a unary call that is idempotent. Default: 2. */
  readonly retryCountMax?: number | undefined
  /**
   * Maximum time between two messages of a watch, in milliseconds. The service repeats the last one
   * within 15 seconds, by default. 0 for no limit. Default: 45,000.
   */
  readonly idleTimeoutMs?: number | undefined
  /** Says when watches are paused. Default: never. `browserPresence` is the one for a page. */
  readonly presence?: Presence | undefined
  /** Default: `fetch` of the runtime. */
  readonly fetch?: typeof fetch | undefined
  /** Replaces Connect over `fetch`, and with it `baseUrl` and `fetch`: gRPC-Web, or a test's. */
  readonly transport?: Transport | undefined
  /** For tests. Default: the clock of the runtime. */
  readonly clock?: Clock | undefined
  /** Returns a number from 0 to below 1, for jitter. Default: `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** Options of one call. */
export interface CallOptions {
  /** Aborts the call, which then fails with `canceled`. */
  readonly signal?: AbortSignal | undefined
  /**
   * Time of the call, in milliseconds. 0 for no limit. Default: the client's for a unary call, and
   * no limit for a stream.
   */
  readonly timeoutMs?: number | undefined
  /** Headers of the request. */
  readonly headers?: HeadersInit | undefined
}
