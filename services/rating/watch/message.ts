import type { Aggregate, AggregateState } from '../rating.ts'

/** Message of a watch: one state, a top list, or only a revision when nothing has changed. */
export interface WatchMessage {
  readonly state?: AggregateState
  /** Aggregates by score, the highest first. */
  readonly top?: readonly Aggregate[]
  /** Revision up to which everything is sent with this message. */
  readonly resumeRevision: number
  /** Set once in a stream of a record type, when everything that there was has been sent. */
  readonly caughtUp?: true
}

/** Returns the message with a revision that does not go back behind one that was sent. */
export function atLeast(message: WatchMessage, sentRevision: number): WatchMessage {
  return message.resumeRevision >= sentRevision
    ? message
    : { ...message, resumeRevision: sentRevision }
}
