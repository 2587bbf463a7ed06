import type { Exchange, Respond } from '../exchange.ts'

/**
 * Kind of a call. A `probe` is never refused for overload, within an allowance. A `stream` may last
 * for hours, so streams have a limit of their own.
 */
export type CallKind = 'probe' | 'stream' | 'unary'

/** Properties of a request that its path determines. */
export interface Route {
  /** Name of the call in metrics: `rating.v1.RatingService/PutRating`. */
  readonly name: string
  readonly kind: CallKind
  /** True when calls of this route are similar enough to compare their durations. */
  readonly isMeasured: boolean
  /**
   * Shortest duration of a call, drifting slowly towards longer ones, in milliseconds. 0 before the
   * first.
   */
  baselineMs: number
  /**
   * True when the last sampled call ended within its event-loop tick. Such calls are never in
   * flight beside others.
   */
  isBrief: boolean
}

/** Reason of a refusal: too many calls, a deadline that passed in the queue, too many streams. */
export type RefusalReason = 'overloaded' | 'late' | 'streams'

/** Access to the protocols of the calls. */
export interface CallReader {
  route(exchange: Exchange): Route
  /** Timeout that the client sent, in milliseconds. `undefined` when it sent none. */
  timeoutMs(exchange: Exchange): number | undefined
  /**
   * Identity whose calls share a place in the queue, so that a client with many calls does not
   * block the others: the connection.
   */
  callerOf(exchange: Exchange): object
  /** Refuses the request, at a small part of the cost of the call. */
  refuse(exchange: Exchange, route: Route, reason: RefusalReason, waitedMs: number): void
}

/** A started call. */
export interface Admitted {
  /** Reports that the response has begun, or that the call failed. Called once. */
  finished(): void
}

/** A call that is not counted. */
export const uncounted: Admitted = { finished() {} }

/**
 * Starts a call.
 * @param waitedMs Time that the call waited, in milliseconds. It counts as part of its duration and
 *   deadline.
 */
export type Start = (exchange: Exchange, admitted: Admitted, waitedMs: number) => void

/** Decides which calls start, and when. */
export interface Admission {
  /** Returns the handler of requests. It starts those that are admitted. Called once. */
  open(start: Start): Respond
}
