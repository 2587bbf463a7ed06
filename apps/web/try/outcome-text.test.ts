import { expect, test } from 'bun:test'
import { bytesText, codeKind, durationText } from './outcome-text.ts'

test.each([
  [0.04, '0.0 ms'],
  [9.94, '9.9 ms'],
  [10, '10 ms'],
  [999.4, '999 ms'],
  [999.5, '1.0 s'],
  [2_709, '2.7 s'],
])('a duration of %d ms is written in the unit that suits it', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text)
})

test.each([
  [999, '999 B'],
  [1_000, '1.0 KB'],
  [2_500_000, '2.5 MB'],
])('a size of %d bytes is written in the unit that suits it', (byteCount, text) => {
  expect(bytesText(byteCount)).toBe(text)
})

test('a call that the person has canceled is not shown as an error', () => {
  expect(['ok', 'running', 'canceled', 'not_found'].map(codeKind)).toEqual([
    'ok',
    'running',
    'canceled',
    'error',
  ])
})
