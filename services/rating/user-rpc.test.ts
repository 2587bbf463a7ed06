import { describe, expect, test } from 'bun:test'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { type Client, Code, createClient } from '@connectrpc/connect'
import type { Principal } from '@marquee/connect-hono/call'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin, createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { pino } from 'pino'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createScale } from './scale.ts'
import { defaultRules, scoringOf } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createAggregateWatches } from './watch.ts'

const photos = scoringOf(createScale('0:1:1'))
const rules = { ...defaultRules, named: new Map([['photo', photos]]) }
const ann = { case: 'userId', value: 'ann' } as const
const alien = { recordType: 'movie', recordId: 'alien' }

describe('ListRatings', () => {
  test('the ratings of a user are listed to the end, the newest first', async () => {
    const { client, store } = setUp()
    for (let n = 0; n < 7; n++) {
      await store.put([{ recordType: 'movie', recordId: `${n}`, userId: 'ann', value: 3 }])
    }
    const seen: string[] = []
    let pageToken = ''
    do {
      const page = await client.listRatings({ of: ann, pageSize: 3, pageToken })
      expect(page.totalSize).toBe(7)
      seen.push(...page.ratings.map(({ recordId }) => recordId))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    expect(seen).toEqual(['6', '5', '4', '3', '2', '1', '0'])
  })

  test('the ratings of a record are listed by user, as GetRating returns them', async () => {
    const { client, store } = setUp()
    await store.put(['cy', 'ann', 'bob'].map((userId) => ({ ...alien, userId, value: 2.5 })))
    const of = { case: 'record', value: alien } as const
    const first = await client.listRatings({ of, pageSize: 2 })
    expect(first.ratings.map(({ userId }) => userId)).toEqual(['ann', 'bob'])
    const { rating } = await client.getRating({ ...alien, userId: 'ann' })
    expect(first.ratings[0]).toEqual(rating as NonNullable<typeof rating>)
    const last = await client.listRatings({ of, pageSize: 2, pageToken: first.nextPageToken })
    expect(last.ratings.map(({ userId }) => userId)).toEqual(['cy'])
    expect(last.nextPageToken).toBe('')
    expect([first.totalSize, last.totalSize]).toEqual([3, 3])
  })

  test('the total size is that of the list as it is now, 0 without ratings', async () => {
    const { client, store } = setUp()
    const record = { case: 'record', value: alien } as const
    const sizes = async () => {
      const [ofAnn, ofAlien] = [client.listRatings({ of: ann }), client.listRatings({ of: record })]
      return [(await ofAnn).totalSize, (await ofAlien).totalSize]
    }
    expect(await sizes()).toEqual([0, 0])
    await store.put(['ann', 'bob'].map((userId) => ({ ...alien, userId, value: 3 })))
    await store.put([{ recordType: 'photo', recordId: 'p', userId: 'ann', value: 1 }])
    expect(await sizes()).toEqual([2, 2])
    await store.delete(alien, 'ann')
    expect(await sizes()).toEqual([1, 1])
  })

  test('a token of another list is refused', async () => {
    const { client, store } = setUp()
    await store.put(['ann', 'bob'].map((userId) => ({ ...alien, userId, value: 3 })))
    await store.put([{ recordType: 'movie', recordId: 'heat', userId: 'ann', value: 3 }])
    const { nextPageToken: pageToken } = await client.listRatings({ of: ann, pageSize: 1 })
    expect(pageToken).not.toBe('')
    for (const request of [
      { of: { case: 'userId', value: 'bob' }, pageToken } as const,
      { of: { case: 'record', value: alien }, pageToken } as const,
      { of: ann, pageToken: 'bm9uc2Vuc2U' },
    ]) {
      expect((await failureOf(client.listRatings(request))).code).toBe(Code.InvalidArgument)
    }
  })

  test('a page size is not negative, and a request without tokens names the user', async () => {
    const { client } = setUp()
    const code = async (request: object) => (await failureOf(client.listRatings(request))).code
    expect(await code({ of: ann, pageSize: -1 })).toBe(Code.InvalidArgument)
    expect(await code({})).toBe(Code.InvalidArgument)
    expect((await failureOf(client.getUserSummary({}))).code).toBe(Code.InvalidArgument)
  })
})

test('a summary has count, mean, histogram and scale by record type', async () => {
  const { client, store } = setUp()
  expect((await client.getUserSummary({ userId: 'ann' })).summaries).toEqual([])
  const rate = (recordType: string, values: readonly number[]) =>
    store.put(values.map((value, n) => ({ recordType, recordId: `${n}`, userId: 'ann', value })))
  await rate('photo', [1, 0, 1])
  await rate(
    'movie',
    Array.from({ length: 1_200 }, (_, n) => (n % 3 === 0 ? 4.5 : 2)),
  )
  await store.put([{ ...alien, userId: 'bob', value: 1 }])
  const { summaries } = await client.getUserSummary({ userId: 'ann' })
  expect(summaries).toMatchObject([
    {
      recordType: 'movie',
      count: 1_200n,
      mean: (400 * 4.5 + 800 * 2) / 1_200,
      histogram: [0, 0, 0, 800, 0, 0, 0, 0, 400, 0].map(BigInt),
      scale: { min: 0.5, max: 5, step: 0.5 },
    },
    { recordType: 'photo', count: 3n, mean: 2 / 3, histogram: [1n, 2n], scale: { max: 1 } },
  ])
})

describe('ExportRatings', () => {
  test.each([
    ['a user', { of: ann }, 1_200],
    ['everybody', { of: { case: 'allUsers', value: true } }, 1_700],
  ] as const)('an export of %s has each rating once, and resumes', async (_, request, count) => {
    const { client, store } = setUp()
    const put = (userId: string, length: number) =>
      store.put(
        Array.from({ length }, (_, n) => ({ ...alien, recordId: `${n}`, userId, value: 3 })),
      )
    await put('ann', 1_200)
    await put('bob', 500)
    const keys: string[] = []
    let resumeToken = ''
    for await (const response of client.exportRatings(request)) {
      keys.push(`${response.rating?.userId} ${response.rating?.recordId}`)
      if (resumeToken !== '') continue
      resumeToken = response.resumeToken
    }
    expect(new Set(keys).size).toBe(count)
    expect(keys).toHaveLength(count)
    const rest: string[] = []
    for await (const { rating } of client.exportRatings({ ...request, resumeToken })) {
      rest.push(`${rating?.userId} ${rating?.recordId}`)
    }
    expect(rest).toEqual(keys.slice(500))
  })

  test('an export reads no more than its reader takes', async () => {
    const { client, store } = setUp()
    await store.put(
      Array.from({ length: 5_000 }, (_, n) => ({
        ...alien,
        recordId: `${n}`,
        userId: 'ann',
        value: 3,
      })),
    )
    let reads = 0
    const { ratingsOfUser } = store
    store.ratingsOfUser = (...args) => {
      reads++
      return ratingsOfUser(...args)
    }
    for await (const { rating } of client.exportRatings({ of: ann })) {
      expect(rating?.userId).toBe('ann')
      break
    }
    expect(reads).toBeLessThan(10)
  })

  test('a token of another export is refused', async () => {
    const { client } = setUp()
    const request = { of: ann, resumeToken: 'bm9uc2Vuc2U' }
    const first = client.exportRatings(request)[Symbol.asyncIterator]().next()
    const { code, rawMessage } = await failureOf(first)
    expect(code).toBe(Code.InvalidArgument)
    expect(rawMessage).toStartWith('resume_token belongs to another list: ')
  })
})

test.each([
  ['PutRating', 3, (client) => client.putRating({ ...alien, value: 3 })],
  ['GetUserSummary', 1, (client) => client.getUserSummary({})],
  ['EraseUser', 1, (client) => client.eraseUser({})],
] as readonly [string, number, (client: Client<typeof RatingService>) => Promise<unknown>][])(
  'a call of %s that names no user violates the rule of field %d',
  async (_, fieldNumber, call) => {
    const error = await failureOf(call(setUp().client))
    const [violation] = error.findDetails(ViolationsSchema)[0]?.violations ?? []
    const [element] = violation?.field?.elements ?? []
    expect(element).toMatchObject({ fieldNumber, fieldName: 'user_id' })
  },
)

describe('who may read and erase ratings of users', () => {
  const all = { case: 'allUsers', value: true } as const
  const record = { case: 'record', value: alien } as const

  test.each([
    ['the user', 'ann', { own: true, others: false }],
    ['an operator', 'eve operator', { own: true, others: true }],
    ['an ingesting program', 'eve ingest', { own: true, others: false }],
  ])('%s reads and erases what is theirs', async (_, token, expected) => {
    const { client, store } = setUp({ hasIssuer: true })
    await store.put([{ ...alien, userId: 'ann', value: 3 }])
    const headers = { authorization: `Bearer ${token.replace(' ', '+')}` }
    const may = async (call: Promise<unknown>) =>
      call.then(
        () => true,
        ({ code }) => (code === Code.PermissionDenied ? false : code),
      )
    const first = (stream: AsyncIterable<unknown>) => stream[Symbol.asyncIterator]().next()
    const bob = { case: 'userId', value: 'bob' } as const
    for (const call of [
      client.listRatings({}, { headers }),
      client.getUserSummary({}, { headers }),
      first(client.exportRatings({}, { headers })),
      client.eraseUser({}, { headers }),
    ]) {
      expect(await may(call)).toBe(expected.own)
    }
    for (const call of [
      client.listRatings({ of: bob }, { headers }),
      client.listRatings({ of: record }, { headers }),
      client.getUserSummary({ userId: 'bob' }, { headers }),
      first(client.exportRatings({ of: bob }, { headers })),
      first(client.exportRatings({ of: all }, { headers })),
      client.eraseUser({ userId: 'bob' }, { headers }),
    ]) {
      expect(await may(call)).toBe(expected.others)
    }
  })

  test('a user who is not named is the subject of the token', async () => {
    const { client, store } = setUp({ hasIssuer: true })
    await store.put(['ann', 'bob'].map((userId) => ({ ...alien, userId, value: 3 })))
    const headers = { authorization: 'Bearer ann' }
    const { ratings } = await client.listRatings({}, { headers })
    expect(ratings.map(({ userId }) => userId)).toEqual(['ann'])
  })

  test('with an admin port, an open service lists ratings of all users at this port only', async () => {
    const { app, client } = setUp({ hasAdminPort: true })
    const refused = await failureOf(client.listRatings({ of: record }))
    expect(refused.code).toBe(Code.PermissionDenied)
    expect((await client.listRatings({ of: ann })).ratings).toEqual([])
    const request = new Request(`${appOrigin}/rating.v1.RatingService/ListRatings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ record: alien }),
    })
    expect((await app.fetch(request, { isAdmin: true })).status).toBe(200)
  })
})

/** Verifies tokens such as `ann` and `eve+operator`. */
const verifier = {
  verify(token: string): Principal {
    const [subject = '', ...roles] = token.split('+')
    return { subject, roles: new Set(roles), token }
  },
  [Symbol.dispose]() {},
}

function setUp({ hasIssuer = false, hasAdminPort = false } = {}) {
  let timeMs = Date.UTC(2026, 10, 23)
  const store = createMemoryRatingStore({ rules, clock: () => timeMs++ })
  const app = createRatingApp({
    store,
    watches: createAggregateWatches({ store }),
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
    auth: { verifier: hasIssuer ? verifier : undefined, hasAdminPort },
  })
  return { app, store, client: createClient(RatingService, createAppTransport(app)) }
}
