import { expect, test } from 'bun:test'
import { methodRows } from './method-rows.ts'
import { monitorAfter } from './monitor.ts'
import { activityAt, instanceWith, reportAt } from './testing/reports.ts'

test('a method has one row for all instances, with a rate for each kind of code', () => {
  const at = (seconds: number, count: number) => {
    const activity = activityAt(seconds, { ok: count, not_found: count / 2, internal: count / 5 })
    return reportAt(seconds, [instanceWith('1', activity), instanceWith('2', activity)])
  }
  const [row, ...others] = methodRows(monitorAfter(monitorAfter(undefined, at(1, 0)), at(2, 10)))
  expect(others).toEqual([])
  expect(row).toEqual({
    method: 'rating.v1.RatingService/PutRating',
    protocol: 'connect',
    perSecond: 34,
    byKind: { ok: 20, refused: 10, failed: 4 },
    codes: [
      { code: 'ok', count: 20 },
      { code: 'not_found', count: 10 },
      { code: 'internal', count: 4 },
    ],
  })
})
