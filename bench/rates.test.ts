import { expect, test } from 'bun:test'
import { toRates } from './rates.ts'

const saturations = new Map([
  ['marquee-bun', 40_000],
  ['grpc-go', 30_000],
  ['fast', 90_000],
  ['slow', 4_000],
])

test('the rate of timed calls is half of what the slower leader can', () => {
  const rates = toRates(saturations, ['marquee-bun', 'grpc-go'])
  expect(rates.get('marquee-bun')).toBe(15_000)
  expect(rates.get('grpc-go')).toBe(15_000)
  expect(rates.get('fast')).toBe(15_000)
})

test('no peer is paced above half of what it can', () => {
  expect(toRates(saturations, ['marquee-bun', 'grpc-go']).get('slow')).toBe(2_000)
})

test('a leader that does not take part does not lower the rate', () => {
  expect(toRates(saturations, ['marquee-bun', 'absent']).get('fast')).toBe(20_000)
  expect(toRates(saturations, []).get('fast')).toBe(45_000)
})
