import { expect, test } from 'bun:test'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { defaultRules } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createAggregateWatches } from './watch.ts'

const record = { recordId: '1', recordType: 'movie' }
const ratedTime = '2026-02-30T12:00:00Z'
const refusal = `rated_time is "${ratedTime}": send a time such as 2026-01-31T12:00:00Z`

test.each([
  ['Connect', '/rating.v1.RatingService/PutRating', 'POST'],
  ['REST', '/v1/movies/1/ratings/ada', 'PUT'],
])('a rated time that no calendar has is refused by %s', async (_, path, method) => {
  await using bench = setUp()
  const members = path.startsWith('/v1/') ? {} : { ...record, userId: 'ada' }
  const body = JSON.stringify({ ...members, value: 5, ratedTime })
  const headers = { 'content-type': 'application/json' }
  const response = await bench.app.request(path, { method, headers, body })
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { code: 'invalid_argument', message: refusal },
  ])
  expect(await bench.store.get(record, 'ada')).toBeUndefined()
})

test('an import with a rated time that no calendar has is refused with its line', async () => {
  await using bench = setUp()
  const rating = { ...record, userId: 'ada', value: 5 }
  const lines = [{ rating }, { rating: { ...rating, ratedTime } }]
  const response = await bench.app.request('/v1/ratings:import', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { message: `line 2: rating.${refusal}` },
  ])
})

alsoOnDenoAndNode(import.meta.filename)

function setUp() {
  const store = createMemoryRatingStore({ rules: defaultRules })
  const watches = createAggregateWatches({ store })
  const app = createRatingApp({
    store,
    watches,
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  return { app, store, [Symbol.asyncDispose]: async () => watches[Symbol.dispose]() }
}
