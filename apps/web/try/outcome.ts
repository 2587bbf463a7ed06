import type { CallError, CallEvent, HeaderField } from './call.ts'

/** How many messages of a stream are kept; the oldest go first. */
export const messagesKeptMax = 200

/** How many characters of messages are kept. */
export const charactersKeptMax = 2_000_000

/** A call as far as it has come. */
export interface Outcome {
  readonly state: 'running' | 'ended'
  readonly httpStatus?: number
  readonly headers: readonly HeaderField[]
  readonly messages: readonly ReceivedMessage[]
  /** All that have come, those that are not kept any more included. */
  readonly messageCount: number
  readonly byteCount: number
  readonly trailers: readonly HeaderField[]
  readonly error?: CallError
  /** From the sending of the request to the last event. */
  readonly durationMs: number
}

export interface ReceivedMessage {
  /** From 1. */
  readonly number: number
  readonly json: string
  /** When it came, from the sending of the request. */
  readonly atMs: number
}

export const startedOutcome: Outcome = {
  state: 'running',
  headers: [],
  messages: [],
  messageCount: 0,
  byteCount: 0,
  trailers: [],
  durationMs: 0,
}

/** The outcome with what came in addition. */
export function outcomeAfter(outcome: Outcome, event: CallEvent, atMs: number): Outcome {
  switch (event.kind) {
    case 'head': {
      const { httpStatus, headers } = event
      return { ...outcome, httpStatus, headers, durationMs: atMs }
    }
    case 'message':
      return {
        ...outcome,
        messages: kept([
          ...outcome.messages,
          { number: outcome.messageCount + 1, json: event.json, atMs },
        ]),
        messageCount: outcome.messageCount + 1,
        byteCount: outcome.byteCount + event.byteCount,
        durationMs: atMs,
      }
    case 'end': {
      const { trailers, error } = event
      const ended = { ...outcome, state: 'ended', trailers, durationMs: atMs } as const
      return error === undefined ? ended : { ...ended, error }
    }
  }
}

/** The newest within the bounds; the last one always. */
function kept(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
  let first = Math.max(0, messages.length - messagesKeptMax)
  let characters = 0
  for (let index = messages.length - 1; index >= first; index--) {
    characters += messages[index]?.json.length ?? 0
    if (characters > charactersKeptMax && index < messages.length - 1) first = index + 1
  }
  return messages.slice(first)
}
