import { expect, test } from 'bun:test'
import { p95Of, robustMax, serviceSeries, timeRange } from './series.ts'
import { sampleAt } from './testing/reports.ts'

const calls = ({ callsPerSecond }: { callsPerSecond: number }) => callsPerSecond

test('a line has a value for each sample, and a gap where the service is missing', () => {
  const samples = [sampleAt(5, { callsPerSecond: 3 }), sampleAt(10, { callsPerSecond: 4 })]
  const { times, series } = serviceSeries(samples, ['rating', 'movie'], 120, calls)
  expect(times).toEqual([5, 10])
  expect(series).toEqual([
    { label: 'rating', values: [3, 4] },
    { label: 'movie', values: [null, null] },
  ])
})

test('a time without samples interrupts the line', () => {
  const samples = [5, 10, 60].map((at) => sampleAt(at, { callsPerSecond: 1 }))
  const { times, series } = serviceSeries(samples, ['rating'], 120, calls)
  expect(times).toEqual([5, 10, 11, 60])
  expect(series[0]?.values).toEqual([1, 1, null, 1])
})

test('only samples within the time range are shown, which is always as wide', () => {
  const samples = [100, 800, 1000].map((at) => sampleAt(at, { callsPerSecond: 1 }))
  expect(serviceSeries(samples, ['rating'], 300, calls).times).toEqual([800, 801, 1000])
  expect(timeRange(samples, 300)).toEqual([700, 1000])
})

test('the p95 of a sample is that of its histogram, where it has a bound', () => {
  const p95 = p95Of([10, 100])
  const of = (...durationBuckets: bigint[]) =>
    p95(sampleAt(1, { durationBuckets }).services[0] as never)
  expect(of(20n, 0n, 0n)).toBeCloseTo(9.5)
  expect(of(0n, 0n, 20n)).toBeUndefined()
  expect(of(0n, 0n, 0n)).toBeUndefined()
})

test('one extreme value does not set the scale', () => {
  const values = Array.from({ length: 100 }, (_, n) => n)
  const times = [...values, 100, 101]
  const line = { label: 'a', values: [...values.slice(0, 50), 5_000, null, ...values.slice(50)] }
  expect(robustMax({ times, series: [line] })).toBe(99)
  // A cold start is slow in all services at once.
  expect(robustMax({ times, series: [line, { ...line, label: 'b' }, line] })).toBe(99)
  // The newest value is always to be seen, and so is the only one.
  expect(
    robustMax({ times: values, series: [{ label: 'a', values: [...values.slice(1), 700] }] }),
  ).toBe(700)
  expect(robustMax({ times: [1, 2, 3], series: [{ label: 'a', values: [1, 235, 1] }] })).toBe(235)
  expect(robustMax({ times: [1, 2], series: [{ label: 'a', values: [3, 5] }] })).toBe(5)
  expect(robustMax({ times: [], series: [] })).toBe(0)
})
