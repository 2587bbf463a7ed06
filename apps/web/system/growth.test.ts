import { expect, test } from 'bun:test'
import { growthOf, secondsBetween } from './growth.ts'
import { activityAt } from './testing/reports.ts'

function countedAt(counts: Readonly<Record<string, number>>, buckets: readonly number[]) {
  const [calls] = activityAt(0, counts, { buckets }).calls
  if (!calls) throw new Error('there is no method')
  return calls
}

test('a rate is the difference of two counts divided by the time between them', () => {
  const before = countedAt({ ok: 100, internal: 1 }, [90, 11])
  const now = countedAt({ ok: 110, internal: 5 }, [100, 15])
  expect(growthOf(before, now, 2)).toMatchObject({
    perSecond: 7,
    faultsPerSecond: 2,
    buckets: [10, 4],
    codes: [
      { code: 'ok', perSecond: 5, count: 110, fault: false },
      { code: 'internal', perSecond: 2, count: 5, fault: true },
    ],
  })
})

test('a method that was not called before counts from 0', () => {
  expect(growthOf(undefined, countedAt({ ok: 4 }, [4]), 2)).toMatchObject({
    perSecond: 2,
    buckets: [4],
  })
})

test('without a time between them, all rates are 0', () => {
  expect(growthOf(undefined, countedAt({ ok: 4 }, [4]), undefined)).toMatchObject({
    perSecond: 0,
    buckets: [0],
    codes: [{ count: 4, perSecond: 0 }],
  })
})

test('a restarted process has no difference to its former counts', () => {
  const before = activityAt(10, {})
  expect(secondsBetween(before, activityAt(12, {}))).toBe(2)
  expect(secondsBetween(before, activityAt(12, {}, { startSeconds: 11 }))).toBeUndefined()
  expect(secondsBetween(before, before)).toBeUndefined()
  expect(secondsBetween(undefined, before)).toBeUndefined()
})
