import { expect, test } from 'bun:test'
import type { CallEvent } from './call.ts'
import {
  charactersKeptMax,
  messagesKeptMax,
  type Outcome,
  outcomeAfter,
  startedOutcome,
} from './outcome.ts'

function message(json: string): CallEvent {
  return { kind: 'message', json, byteCount: json.length }
}

function after(events: readonly CallEvent[]): Outcome {
  return events.reduce(
    (outcome, event, index) => outcomeAfter(outcome, event, index),
    startedOutcome,
  )
}

test('a call is what has come of it so far', () => {
  const outcome = after([
    { kind: 'head', httpStatus: 200, headers: [['a', 'b']] },
    message('{}'),
    { kind: 'end', trailers: [['c', 'd']] },
  ])
  expect(outcome).toMatchObject({
    state: 'ended',
    httpStatus: 200,
    messageCount: 1,
    byteCount: 2,
    trailers: [['c', 'd']],
    durationMs: 2,
  })
  expect(outcome.error).toBeUndefined()
})

test('of a long stream the newest messages are kept, and all are counted', () => {
  const outcome = after(Array.from({ length: messagesKeptMax + 5 }, () => message('{}')))
  expect(outcome.messages).toHaveLength(messagesKeptMax)
  expect(outcome.messages[0]?.number).toBe(6)
  expect(outcome.messageCount).toBe(messagesKeptMax + 5)
})

test('large messages are kept within a bound, the last one always', () => {
  const large = 'x'.repeat(charactersKeptMax * 0.6)
  expect(after([message(large), message(large), message('{}')]).messages).toHaveLength(2)
  const huge = 'x'.repeat(charactersKeptMax * 2)
  expect(after([message('{}'), message(huge)]).messages).toHaveLength(1)
})
