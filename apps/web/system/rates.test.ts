import { expect, test } from 'bun:test'
import { appliedPerSecond, callRates, callsPerSecond, mergedRates } from './rates.ts'
import { activityAt } from './testing/reports.ts'

test('a rate is the difference of two counts divided by the time between them', () => {
  const before = activityAt(10, { ok: 100 }, { appliedCount: 50n })
  const now = activityAt(12, { ok: 110, not_found: 4 }, { appliedCount: 80n })
  expect(callsPerSecond(before, now)).toBe(7)
  expect(appliedPerSecond(before, now)).toBe(15)
  expect(callRates(before, now).map(({ code, perSecond }) => [code, perSecond])).toEqual([
    ['ok', 5],
    ['not_found', 2],
  ])
})

test('a restarted process has no rate before its second activity, and never a negative one', () => {
  const before = activityAt(10, { ok: 1000 })
  const restarted = activityAt(12, { ok: 3 }, { startSeconds: 11 })
  expect(callsPerSecond(before, restarted)).toBeUndefined()
  expect(callRates(before, restarted).map(({ perSecond }) => perSecond)).toEqual([0])
  const later = activityAt(13, { ok: 5 }, { startSeconds: 11 })
  expect(callsPerSecond(restarted, later)).toBe(2)
})

test('an activity that is reported twice has no rate', () => {
  const same = activityAt(10, { ok: 1000 })
  expect(callsPerSecond(same, same)).toBeUndefined()
  expect(callsPerSecond(undefined, same)).toBeUndefined()
})

test('rates of several instances are summed by method, protocol and code', () => {
  const rates = callRates(activityAt(1, { ok: 0 }), activityAt(2, { ok: 3 }))
  expect(mergedRates([...rates, ...rates])).toMatchObject([{ perSecond: 6, count: 6 }])
})
