import { expect, test } from 'bun:test'
import { timerMsMax } from '@marquee/http/clock'
import { createManualClock } from '@marquee/testing/manual-clock'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { createTimeouts } from './timeouts.ts'

/** Records which timeouts have expired. */
function setUp() {
  const clock = createManualClock()
  const timeouts = createTimeouts(clock)
  const expired: string[] = []
  const add = (name: string, delayMs: number) => {
    const expiring = { expire: () => void expired.push(name) }
    const timeout = timeouts.add(expiring, delayMs)
    return () => timeout.delete(expiring)
  }
  return { clock, expired, add }
}

test('timeouts expire once, the shorter first', () => {
  const { clock, expired, add } = setUp()
  add('long', 90)
  add('short', 10)
  clock.advance(10_000)
  expect(expired).toEqual(['short', 'long'])
})

test('a timeout does not expire early, and at most a sixteenth late', () => {
  const { clock, expired, add } = setUp()
  clock.advance(7)
  add('one', 1_000)
  clock.advance(999)
  expect(expired).toEqual([])
  clock.advance(1 + 1_000 / 16)
  expect(expired).toEqual(['one'])
})

test('a deleted timeout does not expire, and the others of its timer do', () => {
  const { clock, expired, add } = setUp()
  const removes = Array.from({ length: 100 }, (_, n) => add(`${n}`, 20))
  for (const remove of removes.slice(1)) remove()
  clock.advance(10_000)
  expect(expired).toEqual(['0'])
})

test('a timeout that is longer than any timer never expires', () => {
  const { clock, expired, add } = setUp()
  add('too long', timerMsMax + 1)
  add('infinite', Number.POSITIVE_INFINITY)
  clock.advance(2 * timerMsMax)
  expect(expired).toEqual([])
})

test('a timeout expires by the clock of the runtime', async () => {
  let hasExpired = false
  const startMs = performance.now()
  const expire = () => {
    hasExpired = true
  }
  createTimeouts().add({ expire }, 37)
  await waitFor(() => hasExpired, { what: 'the timeout to expire' })
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(37)
})

alsoOnDenoAndNode(import.meta.filename)
