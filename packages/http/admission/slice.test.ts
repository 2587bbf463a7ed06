import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { Slice } from './slice.ts'

/** A slice of 10 ms, and how many calls of a millisecond start in a tick of it. */
function setUp() {
  let nowMs = 0
  const slice = new Slice(10, () => nowMs)
  return (elsewhereMs: number, isContinued = true) => {
    nowMs += elsewhereMs
    slice.begin(nowMs, isContinued)
    let startedCount = 0
    for (; slice.spend(); startedCount++) nowMs++
    slice.end(nowMs)
    return startedCount
  }
}

test('calls start until the slice is over', () => {
  const tick = setUp()
  for (let count = 0; count < 50; count++) tick(0)
  expect(tick(0)).toBe(10)
})

test('while calls wait, their handlers get as much time as sockets took, up to a bound', () => {
  const tick = setUp()
  for (let count = 0; count < 50; count++) tick(0)
  expect(tick(30)).toBe(30)
  expect(tick(1_000)).toBe(50)
  expect(tick(1_000, false)).toBe(10)
})

test('one call always starts', () => {
  let nowMs = 0
  const slice = new Slice(10, () => nowMs)
  slice.begin(nowMs, false)
  slice.spend()
  nowMs = 500
  slice.end(nowMs)
  slice.begin(nowMs, false)
  expect([slice.spend(), slice.spend()]).toEqual([true, false])
})

alsoOnDenoAndNode(import.meta.filename)
