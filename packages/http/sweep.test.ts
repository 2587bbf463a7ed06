import { expect, test } from 'bun:test'
import { createManualClock } from '@marquee/testing/manual-clock'
import { timerMsMax } from './clock.ts'
import { Sweep, type Swept } from './sweep.ts'

/** An item that records its checks and returns the given times. */
function createItem(...next: number[]): Swept & { looks: number[] } {
  const looks: number[] = []
  return {
    looks,
    sweepSlot: undefined,
    onSweep(nowMs) {
      looks.push(nowMs)
      return next.shift() ?? Number.POSITIVE_INFINITY
    },
  }
}

function createSweep() {
  const clock = createManualClock()
  const sweep = new Sweep(5, clock)
  return {
    sweep,
    runs: () => clock.runCount,
    reach: (ms: number) => clock.advance(ms - clock.now()),
  }
}

test('an item is checked when its time has come, not before', () => {
  const { sweep, reach } = createSweep()
  const [early, late] = [createItem(), createItem()]
  sweep.checkAt(late, 1_000)
  sweep.checkAt(early, 100)
  reach(90)
  expect(early.looks).toEqual([])
  reach(100)
  expect(early.looks).toHaveLength(1)
  expect(late.looks).toEqual([])
  reach(5_000)
  expect(late.looks).toHaveLength(1)
})

test('the earliest requested time counts', () => {
  const { sweep, reach } = createSweep()
  const item = createItem()
  sweep.checkAt(item, 1_000)
  sweep.checkAt(item, 100)
  sweep.checkAt(item, 500)
  reach(110)
  reach(2_000)
  expect(item.looks).toHaveLength(1)
})

test('an item that returns a time is checked again', () => {
  const { sweep, reach } = createSweep()
  const item = createItem(200, 300)
  sweep.checkAt(item, 100)
  for (const ms of [100, 200, 300, 400]) reach(ms)
  expect(item.looks).toHaveLength(3)
})

test('a removed item is not checked', () => {
  const { sweep, reach } = createSweep()
  const item = createItem()
  sweep.checkAt(item, 100)
  sweep.remove(item)
  reach(200)
  expect(item.looks).toEqual([])
})

test('an item that another one of its slot removes is not checked', () => {
  const { sweep, reach } = createSweep()
  const removed = createItem()
  const first: Swept = {
    sweepSlot: undefined,
    onSweep() {
      sweep.remove(removed)
      return Number.POSITIVE_INFINITY
    },
  }
  sweep.checkAt(first, 100)
  sweep.checkAt(removed, 100)
  reach(200)
  expect(removed.looks).toEqual([])
})

test('the timer runs when a check is due, and not in between', () => {
  const { sweep, runs, reach } = createSweep()
  const item = createItem(60_000)
  sweep.checkAt(item, 10_000)
  reach(59_000)
  expect([runs(), item.looks.length]).toEqual([1, 1])
  reach(3_600_000)
  expect([runs(), item.looks.length]).toEqual([2, 2])
})

test('an earlier check brings the timer forward', () => {
  const { sweep, runs, reach } = createSweep()
  const [late, early] = [createItem(), createItem()]
  sweep.checkAt(late, 10_000)
  sweep.checkAt(early, 1_000)
  reach(5_000)
  expect([runs(), early.looks.length, late.looks.length]).toEqual([1, 1, 0])
  reach(20_000)
  expect([runs(), late.looks.length]).toEqual([2, 1])
})

test('a check after a long silence is at its time', () => {
  const { sweep, reach } = createSweep()
  reach(30 * 24 * 3_600_000)
  const item = createItem()
  sweep.checkAt(item, 30 * 24 * 3_600_000 + 100)
  reach(30 * 24 * 3_600_000 + 95)
  expect(item.looks).toEqual([])
  reach(30 * 24 * 3_600_000 + 100)
  expect(item.looks).toHaveLength(1)
})

test('a check later than the longest timer is at its time', () => {
  const { sweep, reach } = createSweep()
  const item = createItem()
  sweep.checkAt(item, 2 * timerMsMax)
  reach(2 * timerMsMax - 5)
  expect(item.looks).toEqual([])
  reach(2 * timerMsMax + 5)
  expect(item.looks).toHaveLength(1)
})
