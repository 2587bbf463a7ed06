import { expect, test } from 'bun:test'
import { waitFor } from '@marquee/testing/wait-for'
import { Sweep, type Swept } from './sweep.ts'

/** Notes when it was looked at, and asks for the times it is given. */
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
  let nowMs = 0
  const sweep = new Sweep(5, () => nowMs)
  return {
    sweep,
    /** Moves the clock, and waits until a sweep has seen it. */
    async reach(ms: number) {
      nowMs = ms
      const seen = createItem()
      sweep.lookAt(seen, ms)
      nowMs = ms + 5
      await waitFor(() => seen.looks.length > 0, { what: 'a sweep', intervalMs: 2 })
    },
  }
}

test('each is looked at when its time has come, not before', async () => {
  const { sweep, reach } = createSweep()
  const [early, late] = [createItem(), createItem()]
  sweep.lookAt(late, 1_000)
  sweep.lookAt(early, 100)
  await reach(90)
  expect(early.looks).toEqual([])
  await reach(100)
  expect(early.looks).toHaveLength(1)
  expect(late.looks).toEqual([])
  await reach(5_000)
  expect(late.looks).toHaveLength(1)
})

test('the earliest time that was asked for counts', async () => {
  const { sweep, reach } = createSweep()
  const item = createItem()
  sweep.lookAt(item, 1_000)
  sweep.lookAt(item, 100)
  sweep.lookAt(item, 500)
  await reach(110)
  await reach(2_000)
  expect(item.looks).toHaveLength(1)
})

test('one that says when is looked at again', async () => {
  const { sweep, reach } = createSweep()
  const item = createItem(200, 300)
  sweep.lookAt(item, 100)
  for (const ms of [100, 200, 300, 400]) await reach(ms)
  expect(item.looks).toHaveLength(3)
})

test('one that was removed is not looked at', async () => {
  const { sweep, reach } = createSweep()
  const item = createItem()
  sweep.lookAt(item, 100)
  sweep.remove(item)
  await reach(200)
  expect(item.looks).toEqual([])
})
