import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { Congestion } from './congestion.ts'
import { admissionLimits } from './limits.ts'

const limits = { ...admissionLimits, patienceMs: 100, waitMs: 20 }
const any = Number.POSITIVE_INFINITY
const many = (longestMs: number, callMs: number) => ({ count: 1_000, longestMs, callMs })

test('a queue that drains in time is no overload', () => {
  const congestion = new Congestion(limits)
  for (let nowMs = 0; nowMs < 1_000; nowMs += 10) {
    expect(congestion.observe(nowMs, many(90, 1))).toBe(any)
  }
  expect(congestion.isOverloaded).toBe(false)
})

test('a pause of the process is no overload when the queue drains after it', () => {
  const congestion = new Congestion(limits)
  congestion.observe(0, many(1, 1))
  expect(congestion.observe(500, many(500, 1))).toBe(any)
  expect(congestion.observe(550, many(550, 1))).toBe(any)
  congestion.relax()
  expect(congestion.observe(600, many(1, 1))).toBe(any)
})

test('waits above patience are an overload after a second, and refused after three', () => {
  const congestion = new Congestion(limits)
  const seen = [0, 999, 1_000, 2_999, 3_000, 3_010].map((nowMs) => [
    congestion.observe(nowMs, many(nowMs < 3_010 ? nowMs + 101 : 5, 1)),
    congestion.isOverloaded,
  ])
  expect(seen).toEqual([
    ...[
      [any, false],
      [any, false],
    ],
    ...[
      [any, true],
      [any, true],
    ],
    ...[
      [20, true],
      [20, true],
    ],
  ])
  congestion.relax()
  expect(congestion.observe(3_020, many(5, 1))).toBe(any)
  expect(congestion.isOverloaded).toBe(false)
})

test('a wait within patience in between begins the time again', () => {
  const congestion = new Congestion(limits)
  congestion.observe(0, many(101, 1))
  congestion.observe(900, many(100, 1))
  congestion.observe(910, many(101, 1))
  congestion.observe(1_900, many(101, 1))
  expect(congestion.isOverloaded).toBe(false)
  congestion.observe(1_910, many(101, 1))
  expect(congestion.isOverloaded).toBe(true)
})

test('the next overload soon after one is seen by the shorter wait', () => {
  const congestion = new Congestion(limits)
  congestion.observe(0, many(101, 1))
  congestion.observe(3_000, many(3_101, 1))
  congestion.relax()
  congestion.observe(3_500, many(21, 1))
  expect(congestion.observe(3_520, many(41, 1))).toBe(20)
  congestion.relax()
  expect(congestion.observe(9_000, many(90, 1))).toBe(any)
  expect(congestion.observe(9_090, many(90, 1))).toBe(any)
})

test('slow calls have longer waits', () => {
  const congestion = new Congestion(limits)
  congestion.observe(0, many(400, 50))
  expect(congestion.observe(3_499, many(400, 50))).toBe(any)
  congestion.observe(3_500, many(501, 50))
  expect(congestion.observe(6_500, many(3_501, 50))).toBe(100)
})

test('a few calls that wait are an overload only when they wait for very long', () => {
  const congestion = new Congestion(limits)
  const few = (longestMs: number) => ({ count: limits.queueMin, longestMs, callMs: 1 })
  for (let nowMs = 0; nowMs < 1_000; nowMs += 10) {
    expect(congestion.observe(nowMs, few(1_000))).toBe(any)
  }
  congestion.observe(1_000, few(1_001))
  expect(congestion.observe(4_000, few(4_001))).toBe(20)
})

alsoOnDenoAndNode(import.meta.filename)
