import { expect, test } from 'bun:test'
import { createManualClock } from '@marquee/testing/manual-clock'
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
  return { sweep, reach: (ms: number) => clock.advance(ms - clock.now()) }
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
