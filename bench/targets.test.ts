import { expect, test } from 'bun:test'
import { toFigures } from './figures.ts'
import { toTargetLines } from './targets.ts'

const of = { case: 'grpc-unary', unit: 'µs', metric: 'cpu_us_per_call' }
const latency = { case: 'grpc-unary', unit: 'ms', metric: 'p99_ms' }

test('a target line shows the ratio to the rival, and whether it is reached', () => {
  const figures = toFigures([
    { ...of, peer: 'marquee-bun', value: 12 },
    { ...of, peer: 'grpc-go', value: 20 },
    { ...of, peer: 'connect-node-bun', value: 300 },
  ])
  expect(toTargetLines(figures)).toEqual([
    'grpc-unary cpu_us_per_call ≤ 0.5 × grpc-go: 0.60 (12.0 / 20.0 µs), SHORT',
    'grpc-unary cpu_us_per_call ≤ 0.05 × connect-node-bun: 0.040 (12.0 / 300 µs), reached',
  ])
})

test('a target for another peer names it', () => {
  const figures = toFigures([
    { ...of, peer: 'marquee-node', value: 13 },
    { ...of, peer: 'grpc-go', value: 20 },
  ])
  expect(toTargetLines(figures)).toEqual([
    'grpc-unary cpu_us_per_call of marquee-node ≤ 0.6 × grpc-go: 0.65 (13.0 / 20.0 µs), SHORT',
  ])
})

test('a target line of latency shows the rate', () => {
  const figures = toFigures([
    { ...latency, peer: 'marquee-bun', value: 1.5 },
    { ...latency, peer: 'grpc-go', value: 3 },
    { ...latency, metric: 'rate_per_s', unit: '1/s', peer: 'marquee-bun', value: 15_000 },
  ])
  expect(toTargetLines(figures)).toEqual([
    'grpc-unary p99_ms ≤ 0.8 × grpc-go: 0.50 (1.50 / 3.00 ms at 15000 calls a second), reached',
  ])
})

test('a target with a figure of its own needs no rival', () => {
  const idle = { case: 'idle-connections', metric: 'kb_per_connection', unit: 'kB' }
  const figures = toFigures([{ ...idle, peer: 'marquee-bun', value: 4 }])
  expect(toTargetLines(figures)).toEqual([
    'idle-connections kb_per_connection ≤ 5: 4.00 kB, reached',
  ])
})

test('a target relative to another figure shows the difference', () => {
  const idle = { case: 'idle-connections', unit: 'ms/s', peer: 'marquee-bun' }
  const figures = toFigures([
    { ...idle, metric: 'cpu_ms_per_s', value: 7 },
    { ...idle, metric: 'cpu_ms_per_s_without', value: 4.5 },
  ])
  expect(toTargetLines(figures)).toEqual([
    'idle-connections cpu_ms_per_s ≤ cpu_ms_per_s_without + 0.2: 2.50 ms/s more, SHORT',
  ])
})

test('a target without a measurement has no line', () => {
  expect(toTargetLines(toFigures([{ ...of, peer: 'grpc-go', value: 20 }]))).toEqual([])
  expect(toTargetLines(toFigures([{ ...of, peer: 'marquee-bun', value: 20 }]))).toEqual([])
})
