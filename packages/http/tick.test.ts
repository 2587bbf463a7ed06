import { expect, test } from 'bun:test'
import { gatherTick } from './tick.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('items of one event-loop turn are passed on at its end, in order, and once', async () => {
  const seen: number[] = []
  const add = gatherTick((item: number) => void seen.push(item))
  add(1)
  add(2)
  expect(seen).toEqual([])
  await turn()
  expect(seen).toEqual([1, 2])
  add(3)
  await turn()
  expect(seen).toEqual([1, 2, 3])
})

test('items that arrive while others are passed on wait for the end of the next turn', async () => {
  const seen: number[] = []
  const add = gatherTick((item: number) => {
    seen.push(item)
    if (item < 3) add(item + 1)
  })
  add(1)
  await turn()
  expect(seen).toEqual([1])
  await turn()
  await turn()
  expect(seen).toEqual([1, 2, 3])
})
