import { expect, test } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { createTimeouts, timerMsMax } from './timeouts.ts'

/** Notes when its times are over. */
function setUp() {
  const timeouts = createTimeouts()
  const expired: string[] = []
  const add = (name: string, delayMs: number) => {
    const expiring = { expire: () => void expired.push(name) }
    const timeout = timeouts.add(expiring, delayMs)
    return () => timeout.delete(expiring)
  }
  return { expired, add }
}

test('what takes too long expires once, the shorter first', async () => {
  const { expired, add } = setUp()
  add('long', 90)
  add('short', 10)
  await waitFor(() => expired.length === 2 || undefined, { what: 'both to expire' })
  await delay(30)
  expect(expired).toEqual(['short', 'long'])
})

test('nothing expires before its time', async () => {
  const { expired, add } = setUp()
  const startMs = performance.now()
  add('one', 37)
  await waitFor(() => expired.length === 1 || undefined, { what: 'it to expire' })
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(37)
})

test('what is deleted does not expire, and leaves the others alone', async () => {
  const { expired, add } = setUp()
  const removes = Array.from({ length: 100 }, (_, n) => add(`${n}`, 20))
  for (const remove of removes.slice(1)) remove()
  await waitFor(() => expired.length > 0 || undefined, { what: 'the one left to expire' })
  await delay(20)
  expect(expired).toEqual(['0'])
})

test('a time that no timer takes never ends', async () => {
  const { expired, add } = setUp()
  add('endless', timerMsMax + 1)
  add('for ever', Number.POSITIVE_INFINITY)
  await delay(20)
  expect(expired).toEqual([])
})

alsoOnDenoAndNode(import.meta.filename)
