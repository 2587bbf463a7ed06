import { expect, test } from 'bun:test'
import { addressText, ageText, latencyText, memoryText, quantileText, rateText } from './format.ts'

test('a rate is short, and a small one is not 0', () => {
  expect([undefined, 0, 0.01, 0.44, 9.96, 12.4, 1240].map(rateText)).toEqual([
    '–',
    '0',
    '<0.1',
    '0.4',
    '10',
    '12',
    '1,240',
  ])
})

test('latency, age and memory have units', () => {
  expect([undefined, 0, 0.3, 12.4, 1500].map(latencyText)).toEqual([
    '–',
    '0',
    '0.3 ms',
    '12 ms',
    '1.5 s',
  ])
  expect([-1, 12, 200, 18_000, 400_000].map(ageText)).toEqual([
    '0\u00a0s',
    '12\u00a0s',
    '3 min',
    '5 h',
    '5 d',
  ])
  expect(memoryText(86_400_000n)).toBe('86 MB')
})

test('the address of a URL is its host and port', () => {
  expect(addressText('http://10.0.0.1:8082')).toBe('10.0.0.1:8082')
  expect(addressText('somewhere')).toBe('somewhere')
})

test('a quantile that is the bound of a bucket is at most that', () => {
  expect(
    [undefined, 100, 96, Number.POSITIVE_INFINITY].map((ms) => quantileText(ms, [10, 100])),
  ).toEqual([...['–', '≤100 ms', '96 ms', '>5 s']])
})
