import { expect, test } from 'bun:test'
import { Code } from '@connectrpc/connect'
import { startGateway, startInstance } from '@marquee/testing/forwarding'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { codeOf, outcomeOfResponse } from './outcome.ts'

test.each([
  [400, Code.InvalidArgument],
  [405, Code.Unimplemented],
  [412, Code.FailedPrecondition],
  [415, Code.Unimplemented],
  [418, Code.InvalidArgument],
  [429, Code.ResourceExhausted],
  [504, Code.DeadlineExceeded],
])('HTTP status %d without a body does not blame the service', (status, code) => {
  const found = codeOf({ status, fields: [], trailers: [], pieces: [] }, undefined)
  expect([found, outcomeOfResponse(found)]).toEqual([code, 'success'])
})

test.each([
  [500, Code.Unknown, 'success'],
  [502, Code.Unavailable, 'failure'],
  [503, Code.Unavailable, 'failure'],
] as const)('HTTP status %d without a body is %d, a %s', (status, code, outcome) => {
  const found = codeOf({ status, fields: [], trailers: [], pieces: [] }, undefined)
  expect([found, outcomeOfResponse(found)]).toEqual([code, outcome])
})

test('a mistake of the client is logged as an error neither here nor at the service', async () => {
  await using instance = await startInstance({})
  await using gateway = await startGateway([instance.url])
  const wrong = [
    ['GetRating', 'text/plain', '{}'],
    ['GetRating', 'application/connect+json', '{}'],
    ['GetRating', 'application/json', '{'],
    ['GetRating', 'application/grpc-web+proto', '\x01\0\0\0\0'],
    ['WatchAggregatedRatings', 'application/connect+json', '\x01\0\0\0\0'],
    ['Absent', 'application/json', '{}'],
  ] as const
  for (const [method, type, body] of wrong) {
    const url = `${gateway.url}/services/rating/rating.v1.RatingService/${method}`
    await (await fetch(url, { method: 'POST', headers: { 'content-type': type }, body })).bytes()
  }
  await waitFor(() => gateway.calls.length === wrong.length, { what: 'the log lines' })
  const levels = [...gateway.calls, ...instance.calls].map(({ level }) => level)
  expect(new Set(levels)).toEqual(new Set([30]))
})

alsoOnDenoAndNode(import.meta.filename)
