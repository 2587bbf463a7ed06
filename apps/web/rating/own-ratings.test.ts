import { expect, test } from 'bun:test'
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from '@connectrpc/connect'
import { createMarquee } from '@marquee/client'
import { RatingService } from '@marquee/client/rating'
import { signal } from '@preact/signals'
import type { Clients } from '../clients.ts'
import type { SignInState } from '../sign-in/sign-in.ts'
import { notRated, type Value } from './own-rating.ts'
import { createOwnRatings } from './own-ratings.ts'
import { createRatingCache } from './rating-cache.ts'
import { defaultScale, valuesOf } from './scale.ts'

function open(
  implementation: Partial<ServiceImpl<typeof RatingService>>,
  state: SignInState = { status: 'none' },
) {
  const transport = createRouterTransport(({ service }) => service(RatingService, implementation))
  const marquee = createMarquee({ baseUrl: '', transport, retryCountMax: 0 })
  const saved = new Map<string, Value>()
  const savedRatings = {
    userId: 'web-1',
    ratings: () => saved,
    mayHaveRated: (movieId: string) => saved.has(movieId),
    save(ratings: Iterable<readonly [movieId: string, value: Value | undefined]>) {
      for (const [movieId, value] of ratings) {
        if (value === undefined) saved.delete(movieId)
        else saved.set(movieId, value)
      }
    },
    onChange() {},
    use() {},
  }
  const clients: Pick<Clients, 'rating'> = { rating: async () => marquee }
  const ratingCache = createRatingCache((callback) => callback())
  const signIn = {
    state: signal(state),
    ready: Promise.resolve(),
    kept: [] as unknown[],
    keep: (movieId: string, value: Value | undefined) => void signIn.kept.push({ movieId, value }),
    takeKept: () => [],
    signOut: async () => true,
  }
  const own = createOwnRatings({ clients, ratingCache, savedRatings, signIn })
  return { own, ratingCache, saved, signIn }
}

async function settled({ own }: ReturnType<typeof open>) {
  while (own.of('alien').value.pending) await Bun.sleep(1)
  return own.of('alien').value
}

const aggregate = (mean: number) => ({
  count: 1n,
  mean,
  histogram: valuesOf(defaultScale).map((value) => (value === mean ? 1n : 0n)),
})

test('a rating shows at once, is saved in the browser, and the response updates the aggregate', async () => {
  const sent: unknown[] = []
  const opened = open({
    putRating({ recordId, recordType, userId, value = 0 }) {
      sent.push({ recordId, recordType, userId, value })
      return { aggregatedRating: aggregate(value) }
    },
  })
  opened.own.rate('alien', 4.5)
  expect(opened.own.of('alien').value.wanted).toBe(4.5)
  expect(await settled(opened)).toEqual({ saved: 4.5, wanted: 4.5 })
  expect(sent).toEqual([{ recordId: 'alien', recordType: 'movie', userId: 'web-1', value: 4.5 }])
  expect(opened.saved.get('alien')).toBe(4.5)
  expect(opened.ratingCache.of('alien').value).toMatchObject({
    status: 'rated',
    aggregate: { mean: 4.5, histogram: [0, 0, 0, 0, 0, 0, 0, 0, 1, 0] },
  })
})

test('of many choices in a row the last is saved last, one call at a time', async () => {
  const sent: number[] = []
  let calls = 0
  const opened = open({
    async putRating({ value = 0 }) {
      calls += 1
      expect(calls).toBe(1)
      sent.push(value)
      await Bun.sleep(2)
      calls -= 1
      return {}
    },
  })
  for (const value of [1, 2, 3, 4] as const) opened.own.rate('alien', value)
  expect(await settled(opened)).toEqual({ saved: 4, wanted: 4 })
  expect(sent).toEqual([1, 4])
})

test('a rejected rating is rolled back, is not saved in the browser, and says why', async () => {
  const opened = open({
    putRating() {
      throw new ConnectError('rating is down', Code.Unavailable)
    },
  })
  opened.own.rate('alien', 2)
  expect(await settled(opened)).toMatchObject({
    wanted: undefined,
    error: "Can't reach the rating service.",
  })
  expect(opened.saved.size).toBe(0)
})

test('a rating that only the browser has is removed', async () => {
  const opened = open({
    getRating() {
      throw new ConnectError('not found', Code.NotFound)
    },
  })
  opened.saved.set('alien', 3)
  expect(opened.own.of('alien').value.saved).toBe(3)
  await opened.own.refresh('alien')
  expect(opened.own.of('alien').value.saved).toBeUndefined()
  expect(opened.saved.size).toBe(0)
})

test('a rating without a session is kept for the next one, and one of a user names nobody', async () => {
  const sent: unknown[] = []
  const opened = open(
    {
      putRating({ userId }) {
        sent.push(userId)
        throw new ConnectError('no token', Code.Unauthenticated)
      },
    },
    { status: 'signed-in', user: 'ada', name: 'Ada' },
  )
  opened.own.rate('alien', 5)
  const { error, wanted } = await settled(opened)
  expect({ error, wanted }).toEqual({
    error: 'Sign in, and this page saves it.',
    wanted: undefined,
  })
  expect(opened.signIn.kept).toEqual([{ movieId: 'alien', value: 5 }])
  expect(sent).toEqual([''])
})

test('a response that is older than what the person has chosen since changes nothing', async () => {
  const requested = Promise.withResolvers<void>()
  const response = Promise.withResolvers<void>()
  const opened = open({
    async getRating() {
      requested.resolve()
      await response.promise
      throw new ConnectError('no rating', Code.NotFound)
    },
    putRating: () => ({ aggregatedRating: aggregate(4) }),
  })
  opened.saved.set('alien', 2)
  const mark = opened.own.mark()
  const refreshed = opened.own.refresh('alien')
  await requested.promise
  opened.own.rate('alien', 4)
  expect(await settled(opened)).toEqual(notRated(4))
  response.resolve()
  await refreshed
  opened.own.load(new Map([['alien', 2]]), mark)
  expect(opened.own.of('alien').value).toEqual(notRated(4))
  expect(opened.saved.get('alien')).toBe(4)
  opened.own.load(new Map([['alien', 3]]), opened.own.mark())
  expect(opened.own.of('alien').value).toEqual(notRated(3))
})
