import { expect, test } from 'bun:test'
import { headerListBytes } from '@marquee/http/header-list'
import { fitStatus } from './fit-status.ts'

const status = ['x-a', 'b', 'grpc-status', '3']
const message = ['grpc-message', `${'%C3%A9'.repeat(50)}.`]
const details = ['grpc-status-details-bin', 'd'.repeat(1_000)]

test('trailers within the limit of the client stay unchanged', () => {
  const trailers = [...status, ...message, ...details]
  expect(fitStatus(trailers, Number.POSITIVE_INFINITY)).toBe(trailers)
  expect(fitStatus(trailers, headerListBytes(trailers))).toBe(trailers)
})

test('details of an error are removed first', () => {
  const trailers = [...status, ...details, ...message]
  expect(fitStatus(trailers, headerListBytes(trailers) - 1)).toEqual([...status, ...message])
})

test('a message is truncated between two characters to the room left', () => {
  const bytesMax = headerListBytes([...status, ...message]) - 1
  const fitted = fitStatus([...status, ...message, ...details], bytesMax)
  expect(headerListBytes(fitted)).toBeLessThanOrEqual(bytesMax)
  expect(fitted.slice(0, 4)).toEqual(status)
  expect(decodeURIComponent(fitted[5] ?? '')).toBe(`${'é'.repeat(48)}…`)
})

test('a message without room is removed', () => {
  expect(fitStatus([...status, ...message], headerListBytes(status) + 50)).toEqual(status)
})
