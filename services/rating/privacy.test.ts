import { describe, expect, test } from 'bun:test'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin } from '@marquee/testing/app-transport'
import { pino } from 'pino'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { createDeadLetters } from './dead-letters.ts'
import { defaultRules } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createAggregateWatches } from './watch.ts'

const who = 'ada-lovelace'
const mine = { recordId: '1', recordType: 'movie', userId: who }
const { userId: _, ...movie } = mine

describe('a shared cache and responses about a user', () => {
  test.each([
    ['a rating by Connect GET', getByConnect('GetRating', mine), 'private, no-cache'],
    ['no rating by Connect GET', getByConnect('GetRating', { ...mine, recordId: '2' }), 'private'],
    ['a rating that nobody can have', getByConnect('GetRating', { userId: who }), 'private'],
    ['a rating by REST', `/rating?id=1&type=movie&userId=${who}`, 'private, no-cache'],
    ['no rating by REST', `/rating?id=2&type=movie&userId=${who}`, 'private'],
  ])('a shared cache may not store a response about a user: %s', async (_, path, expected) => {
    const { app } = await setUp()
    for (const method of path.startsWith('/rating?') ? ['GET', 'HEAD'] : ['GET']) {
      const response = await app.request(appOrigin + path, { method })
      expect(response.headers.get('cache-control')).toContain(expected)
    }
  })

  test('a shared cache may not store a 304 about a user either', async () => {
    const { app } = await setUp()
    const url = appOrigin + getByConnect('GetRating', mine)
    const etag = (await app.request(url)).headers.get('etag') ?? ''
    const again = await app.request(url, { headers: { 'if-none-match': etag } })
    expect([again.status, again.headers.get('cache-control')]).toEqual([304, 'private, no-cache'])
  })

  test('a shared cache may store responses about all users', async () => {
    const { app } = await setUp()
    const paths = [getByConnect('GetAggregatedRating', movie), '/rating?id=1&type=movie']
    for (const path of paths) {
      const { headers } = await app.request(appOrigin + path)
      expect(headers.get('cache-control')).toBe('no-cache')
    }
  })
})

test.each([
  ['by Connect', 'POST', '/rating.v1.RatingService/GetRating', { ...mine, recordId: '2' }],
  ['by Connect GET', 'GET', getByConnect('GetRating', { ...mine, recordId: '2' }), undefined],
  ['by REST', 'GET', `/rating?id=2&type=movie&userId=${who}`, undefined],
  [
    'in a value of another type',
    'POST',
    '/rating.v1.RatingService/GetRating',
    { ...mine, userId: [who] },
  ],
  [
    'as a name in an object',
    'POST',
    '/rating.v1.RatingService/GetRating',
    { recordId: { [who]: 1 } },
  ],
  ['in place of a number', 'POST', '/rating.v1.RatingService/PutRating', { ...mine, value: who }],
  ['too long', 'POST', '/rating.v1.RatingService/GetRating', { ...mine, userId: who.repeat(50) }],
  ['in a broken body', 'POST', '/rating.v1.RatingService/GetRating', who],
] as const)('the log does not name the user of a request that fails: %s', async (...one) => {
  const [, method, path, message] = one
  const { app, lines } = await setUp()
  const body = typeof message === 'object' ? JSON.stringify(message) : message
  const headers = { 'content-type': 'application/json' }
  const response = await app.request(appOrigin + path, { method, headers, ...(body && { body }) })
  expect(response.status).toBeGreaterThanOrEqual(400)
  expect(lines.length).toBeGreaterThan(0)
  // No request id can have this part of the name.
  expect(lines.join('\n')).not.toContain('ada-l')
})

function getByConnect(method: string, message: object): string {
  const query = { connect: 'v1', encoding: 'json', message: JSON.stringify(message) }
  return `/rating.v1.RatingService/${method}?${new URLSearchParams(query)}`
}

/** A service where the user has rated a movie. */
async function setUp() {
  const lines: string[] = []
  const store = createMemoryRatingStore({ rules: defaultRules, clock: () => 0 })
  await store.put([{ ...mine, value: 4 }])
  const app = createRatingApp({
    store,
    watches: createAggregateWatches({ store }),
    deadLetters: createDeadLetters(createEmbeddedEventLog({ path: ':memory:', partitions: 1 })),
    log: pino({}, { write: (line: string) => void lines.push(line) }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  return { app, lines }
}
