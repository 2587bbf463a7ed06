import { expect, test } from 'bun:test'
import type { InstanceSample, Sample } from './monitor.ts'
import { instanceSeries, serviceSeries, timeRange } from './series.ts'
import { instanceWith, reportAt } from './testing/reports.ts'

function sample(atSeconds: number, figures: Readonly<Record<string, number | undefined>>): Sample {
  const instances = Object.entries(figures).map(
    ([id, callsPerSecond]): [string, InstanceSample] => [
      id,
      {
        service: 'rating',
        callsPerSecond,
        latencyMs: undefined,
        appliedPerSecond: undefined,
        lag: undefined,
      },
    ],
  )
  return { atSeconds, instances: new Map(instances) }
}

const calls = ({ callsPerSecond }: InstanceSample) => callsPerSecond

test('the line of a service is the sum of its known instances', () => {
  const history = [sample(1, { a: 1, b: 2 }), sample(2, { a: undefined, b: 4 }), sample(3, {})]
  const { series } = serviceSeries(history, ['rating', 'movie'], calls)
  expect(series.map(({ label, values }) => [label, values])).toEqual([
    ['rating', [3, 4, null]],
    ['movie', [null, null, null]],
  ])
})

test('instances of one service have their own address and line', () => {
  const { services } = reportAt(1, [instanceWith('81', undefined), instanceWith('82', undefined)])
  const { series } = instanceSeries([sample(1, { 82: 7 })], services, calls)
  expect(series).toEqual([
    { label: 'rating 10.0.0.1:8081', service: 'rating', line: 0, values: [null] },
    { label: 'rating 10.0.0.1:8082', service: 'rating', line: 1, values: [7] },
  ])
})

test('the only instance has the name of its service', () => {
  const { services } = reportAt(1, [instanceWith('81', undefined)])
  expect(instanceSeries([], services, calls).series[0]?.label).toBe('rating')
})

test('a time without reports interrupts the line', () => {
  const history = [sample(1, { a: 1 }), sample(2, { a: 1 }), sample(30, { a: 1 })]
  const { times, series } = serviceSeries(history, ['rating'], calls)
  expect(times).toEqual([1, 2, 3, 30])
  expect(series[0]?.values).toEqual([1, 1, null, 1])
})

test('a chart is two minutes wide from the first sample on', () => {
  expect(timeRange([sample(1000, {})])).toEqual([880, 1000])
})
