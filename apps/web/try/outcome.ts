import type { CallError, CallEvent, HttpHeader } from './call.ts'

/** Maximum number of messages that are kept; the oldest are dropped first. */
export const messageCountMax = 200

/** Maximum number of characters of all kept messages. */
export const characterCountMax = 2_000_000

/** The events of a call so far. */
export interface Outcome {
  readonly state: 'running' | 'ended'
  /** Time of the request, by `performance.now()`. */
  readonly startMs: number
  readonly httpStatus?: number
  readonly headers: readonly HttpHeader[]
  readonly messages: readonly ReceivedMessage[]
  /** Number of received messages, including dropped ones. */
  readonly messageCount: number
  readonly byteCount: number
  readonly trailers: readonly HttpHeader[]
  readonly error?: CallError
  /** Time from the request to the last event. */
  readonly durationMs: number
  /** Time from the request to the headers of the response. */
  readonly headMs?: number
  /** Time from the request to the first message. */
  readonly firstMs?: number
}

export interface ReceivedMessage {
  /** Number of the message in the stream, from 1. */
  readonly number: number
  readonly json: string
  /** Time from the request to this message. */
  readonly atMs: number
}

/**
 * The outcome of a call that has begun.
 * @param startMs Time of the request, by `performance.now()`.
 */
export function startedOutcome(startMs: number): Outcome {
  return {
    state: 'running',
    startMs,
    headers: [],
    messages: [],
    messageCount: 0,
    byteCount: 0,
    trailers: [],
    durationMs: 0,
  }
}

/** The outcome with one more event. */
export function outcomeAfter(outcome: Outcome, event: CallEvent, atMs: number): Outcome {
  switch (event.kind) {
    case 'head': {
      const { httpStatus, headers } = event
      return { ...outcome, httpStatus, headers, durationMs: atMs, headMs: atMs }
    }
    case 'message':
      return {
        ...outcome,
        messages: newest([
          ...outcome.messages,
          { number: outcome.messageCount + 1, json: event.json, atMs },
        ]),
        messageCount: outcome.messageCount + 1,
        byteCount: outcome.byteCount + event.byteCount,
        durationMs: atMs,
        firstMs: outcome.firstMs ?? atMs,
      }
    case 'end': {
      const { trailers, error } = event
      const ended = { ...outcome, state: 'ended', trailers, durationMs: atMs } as const
      return error === undefined ? ended : { ...ended, error }
    }
  }
}

/** The newest messages within the limits; the last one always. */
function newest(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
  let first = Math.max(0, messages.length - messageCountMax)
  let characters = 0
  for (let index = messages.length - 1; index >= first; index--) {
    characters += messages[index]?.json.length ?? 0
    if (characters > characterCountMax && index < messages.length - 1) first = index + 1
  }
  return messages.slice(first)
}
