import { expect, test } from 'bun:test'
import { createRateLimit } from './rate-limit.ts'

test('steps in quick succession wait for one interval each after the burst', () => {
  const nextDelayMs = createRateLimit({ burst: 3, intervalMs: 100, clock: () => 0 })
  expect([nextDelayMs(), nextDelayMs(), nextDelayMs(), nextDelayMs(), nextDelayMs()]).toEqual([
    0, 0, 0, 100, 200,
  ])
})

test('steps that are an interval apart never wait', () => {
  let nowMs = 0
  const nextDelayMs = createRateLimit({ burst: 1, intervalMs: 100, clock: () => nowMs })
  for (; nowMs < 1_000; nowMs += 100) expect(nextDelayMs()).toBe(0)
})

test('a pause restores the whole burst, and no more', () => {
  let nowMs = 0
  const nextDelayMs = createRateLimit({ burst: 2, intervalMs: 100, clock: () => nowMs })
  expect([nextDelayMs(), nextDelayMs(), nextDelayMs()]).toEqual([0, 0, 100])
  nowMs = 100_000
  expect([nextDelayMs(), nextDelayMs(), nextDelayMs()]).toEqual([0, 0, 100])
})
