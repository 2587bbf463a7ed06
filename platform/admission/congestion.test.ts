import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '../testing/other-runtimes/also-on.ts'
import { Congestion } from './congestion.ts'
import { admissionLimits } from './limits.ts'

const limits = { ...admissionLimits, patienceMs: 100, waitMs: 20 }
const any = Number.POSITIVE_INFINITY

test('a queue that drains in time is no overload', () => {
  const congestion = new Congestion(limits)
  for (let nowMs = 0; nowMs < 1_000; nowMs += 10) {
    expect(congestion.observe(nowMs, 90, 1)).toBe(any)
  }
  expect(congestion.isOverloaded).toBe(false)
})

test('a pause of the process is no overload when the queue drains after it', () => {
  const congestion = new Congestion(limits)
  congestion.observe(0, 1, 1)
  expect(congestion.observe(500, 500, 1)).toBe(any)
  expect(congestion.observe(550, 550, 1)).toBe(any)
  congestion.relax()
  expect(congestion.observe(600, 1, 1)).toBe(any)
})

test('waits above patience for as long again are an overload, until no call waits', () => {
  const congestion = new Congestion(limits)
  congestion.observe(0, 101, 1)
  expect(congestion.observe(99, 200, 1)).toBe(any)
  expect(congestion.observe(100, 201, 1)).toBe(20)
  expect(congestion.observe(110, 5, 1)).toBe(20)
  congestion.relax()
  expect(congestion.observe(120, 5, 1)).toBe(any)
})

test('the next overload soon after one is seen by the shorter wait', () => {
  const congestion = new Congestion(limits)
  congestion.observe(0, 101, 1)
  congestion.observe(100, 201, 1)
  congestion.relax()
  congestion.observe(500, 21, 1)
  expect(congestion.observe(520, 41, 1)).toBe(20)
  congestion.relax()
  expect(congestion.observe(5_000, 90, 1)).toBe(any)
  expect(congestion.observe(5_090, 90, 1)).toBe(any)
})

test('slow calls have longer waits', () => {
  const congestion = new Congestion(limits)
  congestion.observe(0, 400, 50)
  expect(congestion.observe(499, 400, 50)).toBe(any)
  congestion.observe(500, 501, 50)
  expect(congestion.observe(1_000, 1_001, 50)).toBe(100)
})

alsoOnDenoAndNode(import.meta.filename)
