import { expect, test } from 'bun:test'
import { headerListBytes } from '@marquee/http/header-list'
import { fitStatus } from './fit-status.ts'

const status = ['x-a', 'b', 'grpc-status', '3']
const message = ['grpc-message', `${'%C3%A9'.repeat(50)}.`]
const details = ['grpc-status-details-bin', 'd'.repeat(1_000)]

test('trailers that a client takes stay as they are', () => {
  const trailers = [...status, ...message, ...details]
  expect(fitStatus(trailers, Number.POSITIVE_INFINITY)).toBe(trailers)
  expect(fitStatus(trailers, headerListBytes(trailers))).toBe(trailers)
})

test('details are the first to go', () => {
  const trailers = [...status, ...details, ...message]
  expect(fitStatus(trailers, headerListBytes(trailers) - 1)).toEqual([...status, ...message])
})

test('a message is cut between two characters to what is left', () => {
  const bytesMax = headerListBytes([...status, ...message]) - 1
  const fitted = fitStatus([...status, ...message, ...details], bytesMax)
  expect(headerListBytes(fitted)).toBeLessThanOrEqual(bytesMax)
  expect(fitted.slice(0, 4)).toEqual(status)
  expect(decodeURIComponent(fitted[5] ?? '')).toBe(`${'é'.repeat(48)}…`)
})

test('a message for which there is no room goes', () => {
  expect(fitStatus([...status, ...message], headerListBytes(status) + 50)).toEqual(status)
})
