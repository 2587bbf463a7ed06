import { expect, test } from 'bun:test'
import { headlines, type Level } from './headline.ts'
import { monitorAfter, secondsShown } from './monitor.ts'
import { activityAt, instanceWith, reportAt, sampleAt } from './testing/reports.ts'

function headlinesOf(figures: Parameters<typeof sampleAt>[1], service = '') {
  const report = { ...reportAt(5, []), samples: [sampleAt(5, figures)] }
  const found = headlines(monitorAfter(undefined, report), service)
  return Object.fromEntries(found.map(({ id, value, level }) => [id, [value, level]]))
}

test('the figures are those of the newest sample', () => {
  const figures = { callsPerSecond: 20, faultsPerSecond: 0.3, durationBuckets: [20n, 0n, 0n] }
  expect(headlinesOf({ ...figures, lag: 7n })).toEqual({
    requests: [20, 'normal'],
    errors: [1.5, 'warning'],
    latency: [9.5, 'normal'],
    lag: [7, 'normal'],
  })
})

test('values over a threshold are critical', () => {
  const figures = { callsPerSecond: 10, faultsPerSecond: 5, durationBuckets: [0n, 0n, 9n] }
  expect(headlinesOf({ ...figures, lag: 50_000n })).toEqual({
    requests: [10, 'normal'],
    errors: [50, 'critical'],
    latency: [Number.POSITIVE_INFINITY, 'critical'],
    lag: [50_000, 'critical'],
  })
})

test('the figures are those of the window of the table, once there is one', () => {
  const at = (seconds: number, counts: Record<string, number>, buckets: number[]) => ({
    ...reportAt(seconds, [instanceWith('1', activityAt(seconds, counts, { buckets }))]),
    samples: [sampleAt(seconds, { callsPerSecond: 99, durationBuckets: [0n, 0n, 9n] })],
  })
  const first = monitorAfter(undefined, at(1, { ok: 0 }, [0, 0, 0]))
  const later = monitorAfter(first, at(11, { ok: 90, internal: 10 }, [100, 0, 0]))
  const figures = headlines(later, '').map(({ id, value, level }) => [id, value, level])
  expect(figures).toEqual([
    ['requests', 10, 'normal'],
    ['errors', 10, 'critical'],
    ['latency', 9.5, 'normal'],
    ['lag', undefined, 'normal'],
  ])
  expect(secondsShown(later)).toBe(10)
})

test('what no service reports is unknown', () => {
  const unknown: (Level | undefined)[] = [undefined, 'normal']
  expect(headlinesOf({ callsPerSecond: 1 }, 'movie')).toEqual({
    ...{ requests: unknown, errors: unknown, latency: unknown, lag: unknown },
  })
})
