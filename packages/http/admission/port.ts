import type { Exchange, Respond } from '../exchange.ts'

/**
 * What kind of call a request is. A `probe` is never refused for overload, within an allowance. A `stream` may go on
 * for hours, so that streams have a bound of their own.
 */
export type CallKind = 'probe' | 'stream' | 'unary'

/** What is known of a request by its path alone. */
export interface Route {
  /** The call's name in the metrics: `rating.v1.RatingService/PutRating`. */
  readonly name: string
  readonly kind: CallKind
  /** Whether the calls are alike enough for their durations to be compared. */
  readonly isMeasured: boolean
  /** The shortest duration of a call, with slow drift towards longer ones; 0 before the first. In milliseconds. */
  baselineMs: number
  /**
   * Whether the last call that was looked at ended within its event-loop turn. Such calls are never in
   * flight beside others.
   */
  isBrief: boolean
}

/** Why a call was refused: too many calls, its deadline passed before its start, or too many streams. */
export type RefusalReason = 'overloaded' | 'late' | 'streams'

/** What admission has to know of the protocols of the calls. */
export interface CallReader {
  route(exchange: Exchange): Route
  /** How long the client waits, in milliseconds; undefined when it does not say. */
  timeoutMs(exchange: Exchange): number | undefined
  /**
   * Whose calls share a place in the queue, so that one who sends many does not keep the others from being served:
   * the connection. A limit of each caller's rate belongs here as well, once a call says who makes it.
   */
  callerOf(exchange: Exchange): object
  /** Answers the request, at a small part of the call's cost. */
  refuse(exchange: Exchange, route: Route, reason: RefusalReason, waitedMs: number): void
}

/** A call that was started. */
export interface Admitted {
  /** The call's response has begun, or failed. Called once. */
  finished(): void
}

/**
 * Starts a call.
 * @param waitedMs How long the call waited. It is part of the call's duration, and spends its deadline.
 */
export type Start = (exchange: Exchange, admitted: Admitted, waitedMs: number) => void

/** Decides which calls start, and when. */
export interface Admission {
  /** Takes requests as they arrive, and starts those that are admitted. Called once. */
  open(start: Start): Respond
}
