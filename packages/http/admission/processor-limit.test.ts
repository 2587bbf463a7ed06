import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { admissionLimits } from './limits.ts'
import { ProcessorLimit } from './processor-limit.ts'

const limits = { ...admissionLimits, waitMs: 20, inFlightMax: 1_000, busyInFlightMin: 8 }

/** A process whose calls each keep it busy for so long between two looks. */
function run(limit: ProcessorLimit, callMs: number, wantedCount: number): void {
  for (let count = 0; count < 500; count++) {
    const inFlightCount = Math.min(limit.value, wantedCount)
    const passedMs = Math.max(10, inFlightCount * callMs)
    const isWaitedFor = inFlightCount < wantedCount
    limit.update({
      passedMs,
      busyMs: passedMs,
      inFlightMax: inFlightCount,
      finishedCount: inFlightCount,
      isWaitedFor,
    })
  }
}

test('it falls until the event loop is late by no more than a call may wait', () => {
  const limit = new ProcessorLimit(limits)
  run(limit, 1, 10_000)
  expect(limit.value).toBeGreaterThanOrEqual(20)
  expect(limit.value).toBeLessThanOrEqual(40)
})

test('it keeps as many as it takes to keep a processor busy', () => {
  const limit = new ProcessorLimit(limits)
  run(limit, 100, 10_000)
  expect(limit.value).toBeGreaterThanOrEqual(8)
  expect(limit.value).toBeLessThanOrEqual(10)
})

test('it rises again when calls cost less', () => {
  const limit = new ProcessorLimit(limits)
  run(limit, 1, 10_000)
  run(limit, 0.001, 10_000)
  expect(limit.value).toBe(1_000)
})

test('one late measurement changes nothing, nor do many while the process does not run', () => {
  const limit = new ProcessorLimit(limits)
  const late = {
    passedMs: 200,
    busyMs: 200,
    inFlightMax: 500,
    finishedCount: 500,
    isWaitedFor: true,
  }
  limit.update(late)
  limit.update({ ...late, passedMs: 10, busyMs: 5 })
  limit.update(late)
  expect(limit.value).toBe(1_000)
  for (let count = 0; count < 20; count++) limit.update({ ...late, busyMs: 20 })
  expect(limit.value).toBe(1_000)
})

test('a late event loop changes nothing while no call is in flight', () => {
  const limit = new ProcessorLimit(limits)
  const late = { passedMs: 200, busyMs: 200, inFlightMax: 0, finishedCount: 0, isWaitedFor: true }
  for (let count = 0; count < 20; count++) limit.update(late)
  expect(limit.value).toBe(1_000)
})

test('it falls while calls wait for a processor that is full, until those in flight end in time', () => {
  const limit = new ProcessorLimit(limits)
  const full = { passedMs: 10, busyMs: 10, inFlightMax: 200, finishedCount: 10, isWaitedFor: true }
  for (let count = 0; count < 20; count++) limit.update({ ...full, isWaitedFor: false })
  for (let count = 0; count < 20; count++) limit.update({ ...full, busyMs: 7 })
  for (let count = 0; count < 20; count++) limit.update({ ...full, finishedCount: 100 })
  expect(limit.value).toBe(1_000)
  for (let count = 0; count < 100; count++) {
    limit.update({ ...full, inFlightMax: Math.min(limit.value, 200) })
  }
  expect(limit.value).toBeGreaterThanOrEqual(18)
  expect(limit.value).toBeLessThanOrEqual(22)
})

alsoOnDenoAndNode(import.meta.filename)
