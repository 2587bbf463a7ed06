import { expect, test } from 'bun:test'
import type { CallEvent } from './call.ts'
import {
  characterCountMax,
  messageCountMax,
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
    startedOutcome(0),
  )
}

test('an outcome has all events so far', () => {
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

test('a long stream keeps its newest messages and counts all', () => {
  const outcome = after(Array.from({ length: messageCountMax + 5 }, () => message('{}')))
  expect(outcome.messages).toHaveLength(messageCountMax)
  expect(outcome.messages[0]?.number).toBe(6)
  expect(outcome.messageCount).toBe(messageCountMax + 5)
})

test('large messages are kept up to a limit, the last one always', () => {
  const large = 'x'.repeat(characterCountMax * 0.6)
  expect(after([message(large), message(large), message('{}')]).messages).toHaveLength(2)
  const huge = 'x'.repeat(characterCountMax * 2)
  expect(after([message('{}'), message(huge)]).messages).toHaveLength(1)
})
