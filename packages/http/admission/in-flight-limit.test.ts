import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { InFlightLimit } from './in-flight-limit.ts'
import { admissionLimits } from './limits.ts'
import type { Route } from './port.ts'

const limits = { ...admissionLimits, inFlightInitial: 512, inFlightMin: 32, inFlightMax: 1_000 }
const route = (): Route => ({
  name: 'a/B',
  kind: 'unary',
  isMeasured: true,
  baselineMs: 0,
  isBrief: false,
})

/** A backend that works on so many calls at once, each for 10 ms; the others wait for it. */
function run(limit: InFlightLimit, parallelCount: number, wantedCount: number, route_: Route) {
  limit.sample(route_, 10, 1, 0)
  for (let nowMs = 0; nowMs < 60_000; nowMs += 5) {
    const inFlightCount = Math.min(limit.value, wantedCount)
    limit.sample(route_, 10 * Math.max(1, inFlightCount / parallelCount), inFlightCount, nowMs)
  }
}

test('it falls to a few times what a backend does at once', () => {
  const limit = new InFlightLimit(limits)
  run(limit, 20, 10_000, route())
  expect(limit.value).toBeGreaterThanOrEqual(20)
  expect(limit.value).toBeLessThan(200)
})

test('it rises while calls do not get slower', () => {
  const limit = new InFlightLimit(limits)
  run(limit, 10_000, 10_000, route())
  expect(limit.value).toBe(1_000)
})

test('slow calls that are few leave it as it is', () => {
  const limit = new InFlightLimit(limits)
  run(limit, 1, 100, route())
  expect(limit.value).toBe(512)
})

test('calls of other methods are compared to their own', () => {
  const limit = new InFlightLimit(limits)
  const [fast, slow] = [route(), route()]
  for (let nowMs = 0; nowMs < 60_000; nowMs += 5) {
    limit.sample(fast, 1, limit.value, nowMs)
    limit.sample(slow, 100, limit.value, nowMs)
  }
  expect(limit.value).toBe(1_000)
})

alsoOnDenoAndNode(import.meta.filename)
