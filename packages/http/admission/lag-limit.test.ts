import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { LagLimit } from './lag-limit.ts'
import { admissionLimits } from './limits.ts'

const limits = { ...admissionLimits, waitMs: 20, inFlightMax: 1_000, busyInFlightMin: 8 }

/** A process whose calls each keep it busy for so long between two looks. */
function run(limit: LagLimit, callMs: number, wantedCount: number): void {
  for (let tick = 0; tick < 500; tick++) {
    const inFlightCount = Math.min(limit.value, wantedCount)
    const passedMs = Math.max(10, inFlightCount * callMs)
    limit.tick(passedMs, passedMs, inFlightCount)
  }
}

test('it falls until the event loop is late by no more than a call may wait', () => {
  const limit = new LagLimit(limits)
  run(limit, 1, 10_000)
  expect(limit.value).toBeGreaterThanOrEqual(20)
  expect(limit.value).toBeLessThanOrEqual(40)
})

test('it keeps as many as it takes to keep a processor busy', () => {
  const limit = new LagLimit(limits)
  run(limit, 100, 10_000)
  expect(limit.value).toBeGreaterThanOrEqual(8)
  expect(limit.value).toBeLessThanOrEqual(10)
})

test('it rises again when calls cost less', () => {
  const limit = new LagLimit(limits)
  run(limit, 1, 10_000)
  run(limit, 0.001, 10_000)
  expect(limit.value).toBe(1_000)
})

test('one late look changes nothing, nor do many while the process does not run', () => {
  const limit = new LagLimit(limits)
  limit.tick(200, 200, 500)
  limit.tick(10, 10, 500)
  limit.tick(200, 200, 500)
  expect(limit.value).toBe(1_000)
  for (let tick = 0; tick < 20; tick++) limit.tick(200, 20, 500)
  expect(limit.value).toBe(1_000)
})

alsoOnDenoAndNode(import.meta.filename)
