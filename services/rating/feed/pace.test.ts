import { expect, test } from 'bun:test'
import { unpacedBytesMin, waitMsAfter } from './pace.ts'

test.each([
  ['a fifth of the time after a short step', 10, 0, 40],
  ['a wait of a second at most after a long step', 10_000, 0, 1_000],
  ['all the time when much waits', 10, unpacedBytesMin, 0],
])('publishing takes %s while writes go on', (_, stepMs, outboxBytes, waitMs) => {
  expect(waitMsAfter(stepMs, outboxBytes)).toBe(waitMs)
})
