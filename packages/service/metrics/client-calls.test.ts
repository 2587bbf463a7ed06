import { expect, test } from 'bun:test'
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type Transport,
} from '@connectrpc/connect'
import { failureOf } from '@marquee/testing/failure-of'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { ClientCalls, countCalls } from './client-calls.ts'

const record = { recordId: '1', recordType: 'movie' }

function setUp() {
  const transport = createRouterTransport((router) =>
    router.service(RatingService, {
      getRating({ userId }) {
        if (userId === 'nobody') throw new ConnectError('no such rating', Code.NotFound)
        return {}
      },
      async *watchAggregatedRatings({ records }) {
        yield {}
        if (records.length === 0) throw new ConnectError('it is down', Code.Unavailable)
      },
    }),
  )
  const calls = new ClientCalls()
  const counted = () =>
    Array.from(calls.counts(), ([target, { countByCode, countByBound }]) => ({
      target,
      codes: Object.fromEntries(countByCode),
      inHistogram: countByBound.reduce((sum, count) => sum + count, 0),
    }))
  return { client: createClient(RatingService, countCalls(transport, 'rating', calls)), counted }
}

test('calls to another service are counted by code, with their durations', async () => {
  const { client, counted } = setUp()
  await client.getRating({ ...record, userId: 'ada' })
  const failure = await failureOf(client.getRating({ ...record, userId: 'nobody' }))
  expect(failure.code).toBe(Code.NotFound)
  expect(counted()).toEqual([{ target: 'rating', codes: { ok: 1, not_found: 1 }, inHistogram: 2 }])
})

test('streams are counted when they end, without their durations', async () => {
  const { client, counted } = setUp()
  await Array.fromAsync(client.watchAggregatedRatings({ records: [record] }))
  await failureOf(Array.fromAsync(client.watchAggregatedRatings({})))
  const leaving = new AbortController()
  const watch = client.watchAggregatedRatings({ records: [record] }, leaving)
  await failureOf(Array.fromAsync(watch, () => leaving.abort()))
  const codes = { ok: 1, unavailable: 1, canceled: 1 }
  expect(counted()).toEqual([{ target: 'rating', codes, inHistogram: 0 }])
})

test('a stream that has ended no longer listens to the signal of its caller', async () => {
  const { signal } = new AbortController()
  const listeners = new Set<unknown>()
  Object.assign(signal, {
    addEventListener: (_: string, listener: unknown) => void listeners.add(listener),
    removeEventListener: (_: string, listener: unknown) => void listeners.delete(listener),
  })
  async function* messages() {
    expect(listeners.size).toBe(1)
    yield {}
  }
  const transport = { stream: async () => ({ message: messages() }) } as unknown as Transport
  const { watchAggregatedRatings: method } = RatingService.method
  const { stream } = countCalls(transport, 'rating', new ClientCalls())
  const { message } = await stream(method, signal, undefined, undefined, messages())
  expect(await Array.fromAsync(message)).toHaveLength(1)
  expect(listeners.size).toBe(0)
})
