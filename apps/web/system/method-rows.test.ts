import { expect, test } from 'bun:test'
import { methodRows } from './method-rows.ts'
import { monitorAfter } from './monitor.ts'
import { activityAt, instanceWith, reportAt, unreachable } from './testing/reports.ts'

function instancesAt(seconds: number, count: number) {
  const counts = { ok: count, not_found: count / 2, internal: count / 5 }
  const activity = activityAt(seconds, counts, { buckets: [count, 0, 0.7 * count] })
  return [instanceWith('1', activity), instanceWith('2', activity)]
}

const first = monitorAfter(undefined, reportAt(1, instancesAt(1, 0)))

test('a method has one row for all instances, with percentiles, errors and codes', () => {
  const [row, ...others] = methodRows(monitorAfter(first, reportAt(2, instancesAt(2, 10))))
  expect(others).toEqual([])
  expect(row).toMatchObject({
    service: 'rating',
    method: 'rating.v1.RatingService/PutRating',
    protocol: 'connect',
    perSecond: 34,
    faultsPerSecond: 4,
    stale: false,
    rates: [34],
    buckets: [20, 0, 14],
    codes: [
      { code: 'ok', fault: false, count: 20 },
      { code: 'not_found', fault: false, count: 10 },
      { code: 'internal', fault: true, count: 4 },
    ],
  })
  expect(row?.p50).toBeCloseTo(8.5)
  expect(row?.p99).toBe(Number.POSITIVE_INFINITY)
  expect(row?.faultPercent).toBeCloseTo((4 / 34) * 100)
})

test('the row of a service that does not respond is stale, without rates', () => {
  const second = monitorAfter(first, reportAt(2, instancesAt(2, 10)))
  const away = reportAt(3, instancesAt(2, 10).map(unreachable))
  expect(methodRows(monitorAfter(second, away))).toMatchObject([
    { stale: true, perSecond: 0, p95: undefined, faultPercent: undefined },
  ])
})
