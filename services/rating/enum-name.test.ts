import { expect, test } from 'bun:test'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { defaultRules } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createAggregateWatches } from './watch.ts'

const method = '/rating.v1.RatingService/ListTopRated'
const headers = { 'content-type': 'application/json' }
const refusal = 'period is "WEEK": send one of PERIOD_UNSPECIFIED, PERIOD_WEEK, PERIOD_MONTH'

const list = (period: string) => JSON.stringify({ recordType: 'movie', period, since: 'later' })
const message = encodeURIComponent(list('WEEK'))

test.each<[string, string, RequestInit]>([
  ['Connect', method, { method: 'POST', headers, body: list('WEEK') }],
  ['GET of Connect', `${method}?connect=v1&encoding=json&message=${message}`, {}],
  ['REST', '/v1/movies:topRated?period=WEEK', {}],
])('a top list of an unknown period is refused by %s', async (_, path, init) => {
  const response = await appOf().request(path, init)
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { code: 'invalid_argument', message: refusal },
  ])
})

test('a top list with an unknown field is that of its period', async () => {
  const request = { method: 'POST', headers, body: list('PERIOD_WEEK') }
  const response = await appOf().request(method, request)
  expect([response.status, await response.json()]).toMatchObject([200, { window: {} }])
})

alsoOnDenoAndNode(import.meta.filename)

function appOf() {
  const store = createMemoryRatingStore({ rules: defaultRules })
  return createRatingApp({
    store,
    watches: createAggregateWatches({ store }),
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
}
