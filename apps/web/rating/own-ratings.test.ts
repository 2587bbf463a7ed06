import { expect, test } from 'bun:test'
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from '@connectrpc/connect'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import type { Clients } from '../clients.ts'
import { createRatingBoard } from './board.ts'
import type { Value } from './own-rating.ts'
import { createOwnRatings } from './own-ratings.ts'

function open(implementation: Partial<ServiceImpl<typeof RatingService>>) {
  const transport = createRouterTransport(({ service }) => service(RatingService, implementation))
  const ratings = createClient(RatingService, transport)
  const kept = new Map<string, Value>()
  const remembered = {
    userId: 'web-1',
    ratings: () => kept,
    mayHave: (movieId: string) => kept.has(movieId),
    keep(movieId: string, value: Value | undefined) {
      if (value === undefined) kept.delete(movieId)
      else kept.set(movieId, value)
    },
    onChange() {},
  }
  const clients: Pick<Clients, 'ratings'> = { ratings: async () => ratings }
  const board = createRatingBoard((callback) => callback())
  return { own: createOwnRatings({ clients, board, remembered }), board, kept }
}

async function settled({ own }: ReturnType<typeof open>) {
  while (own.of('alien').value.asked) await Bun.sleep(1)
  return own.of('alien').value
}

const aggregate = (value: number) => ({ count: 1n, mean: value, histogram: [0n, 0n, 0n, 0n, 1n] })

test('a rating shows at once; stored, it is remembered, and the answer moves the aggregate', async () => {
  const asked: unknown[] = []
  const opened = open({
    putRating({ recordId, recordType, userId, value }) {
      asked.push({ recordId, recordType, userId, value })
      return { aggregatedRating: aggregate(value) }
    },
  })
  opened.own.rate('alien', 5)
  expect(opened.own.of('alien').value.wanted).toBe(5)
  expect(await settled(opened)).toEqual({ stored: 5, wanted: 5 })
  expect(asked).toEqual([{ recordId: 'alien', recordType: 'movie', userId: 'web-1', value: 5 }])
  expect(opened.kept.get('alien')).toBe(5)
  expect(opened.board.of('alien').value).toMatchObject({ status: 'rated', aggregate: { mean: 5 } })
})

test('of many wishes in a row the last is stored last, one call at a time', async () => {
  const asked: number[] = []
  let calls = 0
  const opened = open({
    async putRating({ value }) {
      calls += 1
      expect(calls).toBe(1)
      asked.push(value)
      await Bun.sleep(2)
      calls -= 1
      return {}
    },
  })
  for (const value of [1, 2, 3, 4] as const) opened.own.rate('alien', value)
  expect(await settled(opened)).toEqual({ stored: 4, wanted: 4 })
  expect(asked).toEqual([1, 4])
})

test('what is refused is rolled back, is not remembered, and says why', async () => {
  const opened = open({
    putRating() {
      throw new ConnectError('rating is away', Code.Unavailable)
    },
  })
  opened.own.rate('alien', 2)
  expect(await settled(opened)).toMatchObject({
    wanted: undefined,
    refusal: "Can't reach the rating service.",
  })
  expect(opened.kept.size).toBe(0)
})

test('what the browser remembers and the service does not have is forgotten', async () => {
  const opened = open({
    getRating() {
      throw new ConnectError('not found', Code.NotFound)
    },
  })
  opened.kept.set('alien', 3)
  expect(opened.own.of('alien').value.stored).toBe(3)
  await opened.own.refresh('alien')
  expect(opened.own.of('alien').value.stored).toBeUndefined()
  expect(opened.kept.size).toBe(0)
})
