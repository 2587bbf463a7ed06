import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { type Rating, RatingSchema } from '../../gen/rating/v1/rating_pb.ts'
import { type RatingExports, readRatings } from './read-ratings.ts'

const ratings = Array.from({ length: 10 }, (_, n) =>
  create(RatingSchema, { recordType: 'movie', recordId: `${n}`, userId: 'ann', value: 4 }),
)

/**
 * A service that sends a token after every third rating. Each call ends with an error after so many
 * ratings, in turn; the last one ends in order.
 */
function createClient(endings: readonly (readonly [number, Error])[]) {
  const requests: Parameters<RatingExports['exportRatings']>[0][] = []
  const client: RatingExports = {
    async *exportRatings(request) {
      const [countMax, error] = endings[requests.length] ?? []
      requests.push(request)
      let count = 0
      for (const [index, rating] of ratings.entries()) {
        if (index < Number(request.resumeToken)) continue
        if (count++ === countMax) throw error
        yield { rating, resumeToken: index % 3 === 2 ? `${index + 1}` : '' }
      }
    },
  }
  return { client, requests }
}

async function read(client: RatingExports, signal = new AbortController().signal) {
  const all: Rating[] = []
  for await (const batch of readRatings({ client, userId: 'ann', signal })) all.push(...batch)
  return all
}

const deadline = new ConnectError('too late', Code.DeadlineExceeded)
const shutdown = new ConnectError('stopping', Code.Unavailable)

test('a stream that ends early is continued, and each rating is read once', async () => {
  const { client, requests } = createClient([
    [5, deadline],
    [4, shutdown],
  ])
  expect(await read(client)).toEqual(ratings)
  expect(requests.map(({ resumeToken }) => resumeToken)).toEqual(['', '3', '6'])
  expect(requests[0]?.of).toEqual({ case: 'userId', value: 'ann' })
})

test.each([
  ['gets no new token', [[5, deadline] as const, [2, deadline] as const]],
  ['is refused', [[5, new ConnectError('no', Code.PermissionDenied)] as const]],
  ['fails in the program', [[5, new Error('broken')] as const]],
])('a call that %s fails the export', async (_, endings) => {
  const { client, requests } = createClient(endings)
  const error = await read(client).catch((thrown: Error) => thrown)
  expect(error).toBe(endings.at(-1)?.[1] as never)
  expect(requests.length).toBe(endings.length)
})

test('an abort ends the export without an error', async () => {
  const { client } = createClient([[5, new ConnectError('aborted', Code.Canceled)]])
  expect(await read(client, AbortSignal.abort())).toEqual(ratings.slice(0, 3))
})
